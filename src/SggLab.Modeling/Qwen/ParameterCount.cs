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
        var width = config.Family == ModelFamily.Qwen2VL ? "embed_dim" : "hidden_size";
        return
        [
            new("the vocabulary", ["vocab_size", "hidden_size"], Vocabulary(text, config.TieWordEmbeddings)),
            new("the language model's layers", ["num_hidden_layers", "hidden_size", "intermediate_size"], text.Layers * Layer(text)),
            new("the vision tower's blocks", [.. InVision("depth", width, config.Family == ModelFamily.Qwen2VL ? "mlp_ratio" : "intermediate_size")], vision.Depth * Block(config.Family, vision)),
            new("the embedding of patches", [.. config.Family == ModelFamily.Qwen3VL ? InVision("patch_size", width, "num_position_embeddings") : InVision("patch_size", width)], Patches(config.Family, vision)),
            new("the merging of patches", [.. InVision("spatial_merge_size", width)], Mergers(config.Family, vision)),
        ];
    }

    private static IEnumerable<string> InVision(params string[] keys) => keys.Select(key => $"vision_config.{key}");

    /// <summary>Embedding, head where it is one of its own, and the final norm.</summary>
    private static double Vocabulary(TextConfig text, bool tied) => (double)text.VocabSize * text.HiddenSize * (tied ? 1 : 2) + text.HiddenSize;

    private static double Layer(TextConfig text)
    {
        double hidden = text.HiddenSize, queries = (double)text.Heads * text.HeadDim, keys = (double)text.KvHeads * text.HeadDim;
        var attention = (hidden + (text.QkvBias ? 1 : 0)) * (queries + 2 * keys) + queries * hidden + (text.QkNorm ? 2.0 * text.HeadDim : 0);
        return attention + 3 * hidden * text.IntermediateSize + 2 * hidden;
    }

    private static double Norm(ModelFamily family, VisionConfig vision) => family == ModelFamily.Qwen25VL ? vision.Width : 2.0 * vision.Width;

    private static double Block(ModelFamily family, VisionConfig vision)
    {
        double width = vision.Width, inner = vision.IntermediateSize;
        var mlp = family == ModelFamily.Qwen25VL ? 3 * width * inner + 2 * inner + width : 2 * width * inner + inner + width;
        return 2 * Norm(family, vision) + 4 * width * (width + 1) + mlp;
    }

    private static double Patches(ModelFamily family, VisionConfig vision)
    {
        double width = vision.Width, side = vision.PatchSize;
        return width * vision.Channels * vision.TemporalPatchSize * side * side + (family == ModelFamily.Qwen3VL ? width + vision.PositionEmbeddings * width : 0);
    }

    private static double Mergers(ModelFamily family, VisionConfig vision)
    {
        var merged = (double)vision.Width * vision.MergeSize * vision.MergeSize;
        var merger = merged * (merged + 1) + (merged + 1) * vision.OutSize;
        return Norm(family, vision) + merger + vision.DeepstackBlocks.Length * (2 * merged + merger);
    }
}
