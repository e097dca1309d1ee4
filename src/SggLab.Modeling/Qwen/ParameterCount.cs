namespace SggLab.Modeling;

/// <summary>A part of a model: the keys of config.json that its size follows from, and its parameters.</summary>
public sealed record ModelPart(string Name, IReadOnlyList<string> Keys, double Parameters);

/// <summary>How many parameters a configuration asks for, from its sizes alone: known before a model that fits nowhere is begun. In f64, since products of absurd sizes leave 64 bits.</summary>
public static class ParameterCount
{
    public static double Of(ModelConfig config) => Parts(config).Sum(part => part.Parameters);

    public static IReadOnlyList<ModelPart> Parts(ModelConfig config)
    {
        var (text, vision) = (config.Text, config.Vision);
        return
        [
            new("the vocabulary", ["vocab_size", "hidden_size"], Vocabulary(text, config.TieWordEmbeddings)),
            new("the language model's layers", ["num_hidden_layers", "hidden_size", "intermediate_size"], text.Layers * Layer(text)),
            new("the vision tower", ["vision_config.depth", config.Family == ModelFamily.Qwen2VL ? "vision_config.embed_dim" : "vision_config.hidden_size"], VisionTower(config.Family, vision)),
        ];
    }

    /// <summary>Embedding, head where it is one of its own, and the final norm.</summary>
    private static double Vocabulary(TextConfig text, bool tied) => (double)text.VocabSize * text.HiddenSize * (tied ? 1 : 2) + text.HiddenSize;

    private static double Layer(TextConfig text)
    {
        double hidden = text.HiddenSize, queries = (double)text.Heads * text.HeadDim, keys = (double)text.KvHeads * text.HeadDim;
        var attention = (hidden + (text.QkvBias ? 1 : 0)) * (queries + 2 * keys) + queries * hidden + (text.QkNorm ? 2.0 * text.HeadDim : 0);
        return attention + 3 * hidden * text.IntermediateSize + 2 * hidden;
    }

    private static double VisionTower(ModelFamily family, VisionConfig vision)
    {
        double width = vision.Width, inner = vision.IntermediateSize, merged = width * vision.MergeSize * vision.MergeSize;
        var norm = family == ModelFamily.Qwen25VL ? width : 2 * width;
        var mlp = family == ModelFamily.Qwen25VL ? 3 * width * inner + 2 * inner + width : 2 * width * inner + inner + width;
        var block = 2 * norm + 4 * width * (width + 1) + mlp;
        var patches = width * vision.Channels * vision.TemporalPatchSize * vision.PatchSize * vision.PatchSize;
        var positions = family == ModelFamily.Qwen3VL ? width + (double)vision.PositionEmbeddings * width : 0;
        var merger = merged * (merged + 1) + (merged + 1) * vision.OutSize;
        var deepstack = vision.DeepstackBlocks.Length * (2 * merged + merger);
        return patches + positions + vision.Depth * block + norm + merger + deepstack;
    }
}
