using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>The model families that share this code; later ones state their differences.</summary>
public enum ModelFamily
{
    Qwen2VL,
    Qwen25VL,
    Qwen3VL,
}

/// <summary>The language model's sizes.</summary>
public sealed record TextConfig
{
    public required int HiddenSize { get; init; }
    public required int Layers { get; init; }
    public required int Heads { get; init; }
    public required int KvHeads { get; init; }
    public required int HeadDim { get; init; }
    public required int IntermediateSize { get; init; }
    /// <summary>Rows of the embedding; at least the tokenizer's vocabulary.</summary>
    public required int VocabSize { get; init; }
    public required double RmsNormEps { get; init; }
    public required double RopeTheta { get; init; }
    /// <summary>How many of the HeadDim/2 frequencies turn with time, height and width.</summary>
    public required int[] MropeSection { get; init; }
    /// <summary>Whether the axes take turns frequency by frequency (Qwen3-VL) instead of in blocks.</summary>
    public required bool MropeInterleaved { get; init; }
    /// <summary>Whether q, k and v have biases (Qwen2-VL, Qwen2.5-VL).</summary>
    public required bool QkvBias { get; init; }
    /// <summary>Whether each head's query and key are normalised (Qwen3-VL).</summary>
    public required bool QkNorm { get; init; }
    /// <summary>The longest sequence in tokens.</summary>
    public required int MaxPositions { get; init; }
    public required double InitializerRange { get; init; }
}

/// <summary>The vision tower's sizes.</summary>
public sealed record VisionConfig
{
    public required int Depth { get; init; }
    public required int Width { get; init; }
    public required int Heads { get; init; }
    public required int IntermediateSize { get; init; }
    /// <summary>The width of the language model.</summary>
    public required int OutSize { get; init; }
    /// <summary>Side of a patch in pixels.</summary>
    public required int PatchSize { get; init; }
    public required int TemporalPatchSize { get; init; }
    /// <summary>Side, in patches, of the square that becomes one token.</summary>
    public required int MergeSize { get; init; }
    public required int Channels { get; init; }
    /// <summary>Side of an attention window in pixels (Qwen2.5-VL), else 0.</summary>
    public int WindowSize { get; init; }
    /// <summary>The blocks that attend over the whole image (Qwen2.5-VL).</summary>
    public int[] FullAttentionBlocks { get; init; } = [];
    /// <summary>Entries of the learned square position table (Qwen3-VL), else 0.</summary>
    public int PositionEmbeddings { get; init; }
    /// <summary>The blocks whose output is added to the language model's first layers (Qwen3-VL).</summary>
    public int[] DeepstackBlocks { get; init; } = [];

    /// <summary>Values of one patch: channel, time, y, x.</summary>
    public int PatchValues => Channels * TemporalPatchSize * PatchSize * PatchSize;

    public int HeadDim => Width / Heads;
}

/// <summary>What config.json says, for the three families and both layouts (flat as published, nested as newer writers have it).</summary>
public sealed record ModelConfig
{
    public required ModelFamily Family { get; init; }
    public required TextConfig Text { get; init; }
    public required VisionConfig Vision { get; init; }
    public required bool TieWordEmbeddings { get; init; }
    public required int ImageTokenId { get; init; }
    public required int VisionStartTokenId { get; init; }
    public required int VisionEndTokenId { get; init; }
    /// <summary>The ids that config.json names as end of text; generation_config.json may name more.</summary>
    public required int[] EosTokenIds { get; init; }
    /// <summary>float32, bfloat16 or float16, or null where the file does not say.</summary>
    public required string? DataType { get; init; }

    /// <summary>Which attention the writer computed with, up to transformers 4.51.</summary>
    private const string Autoset = "_attn_implementation_autoset";

    /// <param name="json">The text of config.json.</param>
    /// <param name="file">Its name in messages.</param>
    /// <exception cref="LabException">A key is missing, unknown, or asks for something unsupported.</exception>
    public static ModelConfig Parse(string json, string file)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(ConfigObject.Root(document, file));
        }
        catch (JsonException e)
        {
            throw new LabException($"{file} is not valid JSON: {e.Message}");
        }
    }

    private static ModelConfig Read(ConfigObject root)
    {
        var family = root.Text("model_type") switch
        {
            "qwen2_vl" => ModelFamily.Qwen2VL,
            "qwen2_5_vl" => ModelFamily.Qwen25VL,
            "qwen3_vl" => ModelFamily.Qwen3VL,
            _ => throw root.Wrong("model_type", "qwen2_vl, qwen2_5_vl or qwen3_vl"),
        };
        if (root.Has("architectures") && root.Texts("architectures") is var named && named.Length > 0 && !named.SequenceEqual([Architecture(family)]))
            throw root.Wrong("architectures", $"{Architecture(family)} for a {root.Text("model_type")} model");
        root.Ignore("architectures");
        // Who wrote the file and how it was trained, not what it computes. Video is not read.
        root.Ignore("transformers_version", "video_token_id", "_name_or_path", "use_cache", Autoset, "unsloth_fixed", "unsloth_version");
        var nested = root.Has("text_config");
        var text = nested ? root.Object("text_config") : root;
        var (rootType, textType) = (Dtype(root), nested ? Dtype(text) : null);
        var textConfig = ReadText(text, family);
        var config = new ModelConfig
        {
            Family = family,
            Text = textConfig,
            Vision = ReadVision(root.Object("vision_config"), family, textConfig.HiddenSize),
            TieWordEmbeddings = Tied(root, text),
            ImageTokenId = root.Int("image_token_id", 151655),
            VisionStartTokenId = root.Int("vision_start_token_id", 151652),
            VisionEndTokenId = root.Int("vision_end_token_id", 151653),
            EosTokenIds = text.Has("eos_token_id") ? text.IntOrInts("eos_token_id") : root.Has("eos_token_id") ? root.IntOrInts("eos_token_id") : [],
            DataType = rootType ?? textType,
        };
        foreach (var (key, id) in new[] { ("image_token_id", config.ImageTokenId), ("vision_start_token_id", config.VisionStartTokenId), ("vision_end_token_id", config.VisionEndTokenId) })
        {
            if (id < 0 || id >= textConfig.VocabSize)
                throw root.Wrong(key, $"an id of the vocabulary, 0 to {textConfig.VocabSize - 1} by vocab_size");
        }
        root.Ignore("vision_token_id");
        if (nested)
        {
            text.Done();
            root.IgnoreRepeated(text);
        }
        root.Done();
        return config;
    }

    internal static string Architecture(ModelFamily family) => family switch
    {
        ModelFamily.Qwen2VL => "Qwen2VLForConditionalGeneration",
        ModelFamily.Qwen25VL => "Qwen2_5_VLForConditionalGeneration",
        _ => "Qwen3VLForConditionalGeneration",
    };

    /// <summary>Up to 4.57 transformers follows text_config, from 5 on the root.</summary>
    private static bool Tied(ConfigObject root, ConfigObject text)
    {
        const string key = "tie_word_embeddings";
        var (outer, inner) = (root.Flag(key, text.Flag(key, false)), text.Flag(key, root.Flag(key, false)));
        if (outer != inner)
            throw new LabException($"{root.File}: {key} is {Word(outer)} and {text.Path}{key} is {Word(inner)}. Make both true if the weights have no lm_head of their own, else both false.");
        return outer;

        static string Word(bool flag) => flag ? "true" : "false";
    }

    private static string? Dtype(ConfigObject o)
    {
        o.Only("torch_dtype", "float32", "bfloat16", "float16");
        o.Only("dtype", "float32", "bfloat16", "float16");
        return o.Has("dtype") ? o.Text("dtype") : o.Has("torch_dtype") ? o.Text("torch_dtype") : null;
    }

    /// <summary>
    /// Missing keys mean what they mean in transformers' Qwen*TextConfig, except sizes that the tensors' shapes follow from: those defaults
    /// belong to one model of the family, and the others would only be told of wrong shapes.
    /// </summary>
    private static TextConfig ReadText(ConfigObject text, ModelFamily family)
    {
        var qwen3 = family == ModelFamily.Qwen3VL;
        text.Ignore("model_type", "bos_token_id", "pad_token_id", "eos_token_id", "use_cache", "max_window_layers", "sliding_window", "_name_or_path", "architectures", Autoset);
        text.Ignore("vision_token_id", "image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id");
        text.Only("use_sliding_window", "false");
        text.Only("attention_dropout", "0.0", "0");
        text.Only("hidden_act", "silu");
        text.Only("attention_bias", "false");
        if (text.Has("layer_types") && text.Texts("layer_types").Any(t => t != "full_attention"))
            throw text.Wrong("layer_types", "full_attention everywhere");
        text.Ignore("layer_types");
        var hidden = text.Size("hidden_size");
        var heads = text.Size("num_attention_heads");
        var (theta, section, interleaved) = ReadRope(text, qwen3);
        var config = new TextConfig
        {
            HiddenSize = hidden,
            Layers = text.Size("num_hidden_layers"),
            Heads = heads,
            // Null means as many as heads; a missing key does not.
            KvHeads = text.IsNull("num_key_value_heads") ? text.Size("num_key_value_heads", heads) : text.Size("num_key_value_heads"),
            HeadDim = text.Size("head_dim", qwen3 ? 128 : hidden / heads),
            IntermediateSize = text.Size("intermediate_size"),
            VocabSize = text.Size("vocab_size"),
            RmsNormEps = text.Number("rms_norm_eps", qwen3 ? 1e-6 : 1e-5),
            RopeTheta = theta,
            MropeSection = section,
            MropeInterleaved = interleaved,
            QkvBias = !qwen3,
            QkNorm = qwen3,
            MaxPositions = text.Size("max_position_embeddings", qwen3 ? 128000 : 32768),
            InitializerRange = text.Number("initializer_range", 0.02),
        };
        if (config.Heads % config.KvHeads != 0)
            throw text.Wrong("num_key_value_heads", $"a divisor of num_attention_heads ({config.Heads})");
        if (config.HeadDim % 2 != 0)
            throw text.Wrong(text.Has("head_dim") ? "head_dim" : "hidden_size", "an even number for each head");
        if (!((float)config.RmsNormEps is > 0 and < float.PositiveInfinity))
            throw text.Wrong("rms_norm_eps", "a number above 0 that an f32 holds");
        if (!((float)config.InitializerRange is >= 0 and < float.PositiveInfinity))
            throw text.Wrong("initializer_range", "a number of at least 0 that an f32 holds");
        if (!qwen3 && (long)config.HeadDim * config.Heads != hidden)
            throw text.Wrong("hidden_size", $"a multiple of num_attention_heads ({heads})");
        if (section.Length != 3 || section.Any(s => s < 0) || section.Sum(s => (long)s) != config.HeadDim / 2)
            throw new LabException($"{text.File}: mrope_section is [{string.Join(", ", section)}]; wanted are three numbers that add up to half the head size ({config.HeadDim / 2}).");
        return config;
    }

    /// <summary>Older files have rope_theta beside rope_scaling, newer ones both in rope_parameters.</summary>
    private static (double Theta, int[] Section, bool Interleaved) ReadRope(ConfigObject text, bool qwen3)
    {
        var key = text.Has("rope_parameters") ? "rope_parameters" : "rope_scaling";
        var rope = text.Object(key);
        text.Ignore("rope_scaling");
        rope.Only("type", "mrope", "default");
        rope.Only("rope_type", "default", "mrope");
        var holder = rope.Has("rope_theta") ? rope : text;
        // Versions of transformers differ in Qwen3-VL's.
        var theta = qwen3 ? holder.Number("rope_theta") : holder.Number("rope_theta", 1e6);
        if (!(theta > 0 && double.IsFinite(theta)))
            throw holder.Wrong("rope_theta", "a number above 0");
        text.Ignore("rope_theta");
        var interleaved = rope.Flag("mrope_interleaved", qwen3);
        if (interleaved != qwen3)
            throw rope.Wrong("mrope_interleaved", qwen3 ? "true for Qwen3-VL" : "false for Qwen2-VL and Qwen2.5-VL");
        var section = qwen3 ? rope.Ints("mrope_section", [24, 20, 20]) : rope.Ints("mrope_section");
        rope.Done();
        return (theta, section, interleaved);
    }

    /// <summary>
    /// Missing keys mean what they mean in transformers' Qwen*VisionConfig, which writes a nested configuration as its difference from those
    /// (4.45 to 4.49, by which many fine-tuned folders were saved).
    /// </summary>
    private static VisionConfig ReadVision(ConfigObject vision, ModelFamily family, int textWidth)
    {
        var qwen3 = family == ModelFamily.Qwen3VL;
        vision.Ignore("model_type", "initializer_range", "spatial_patch_size", "tokens_per_second", "torch_dtype", "dtype", "_name_or_path", "in_chans", "in_channels", Autoset);
        if (vision.Has("rope_parameters"))
        {
            var rope = vision.Object("rope_parameters");
            rope.Only("rope_theta", "10000.0", "10000");
            rope.Only("rope_type", "axial", "default");
            rope.Done();
        }
        var channels = vision.Has("in_channels") ? vision.Size("in_channels") : vision.Size("in_chans", 3);
        if (channels != 3)
            throw vision.Wrong(vision.Has("in_channels") ? "in_channels" : "in_chans", "3");
        var width = family switch
        {
            ModelFamily.Qwen2VL => vision.Size("embed_dim", 1280),
            ModelFamily.Qwen25VL => vision.Size("hidden_size", 3584),
            _ => vision.Size("hidden_size", 1152),
        };
        var config = new VisionConfig
        {
            Depth = vision.Size("depth", qwen3 ? 27 : 32),
            Width = width,
            Heads = vision.Size("num_heads", 16),
            IntermediateSize = family switch
            {
                ModelFamily.Qwen2VL => (int)(width * vision.Number("mlp_ratio", 4)),
                ModelFamily.Qwen25VL => vision.Size("intermediate_size", 3420),
                _ => vision.Size("intermediate_size", 4304),
            },
            OutSize = vision.Size(family == ModelFamily.Qwen2VL ? "hidden_size" : "out_hidden_size", 3584),
            PatchSize = vision.Size("patch_size", qwen3 ? 16 : 14),
            TemporalPatchSize = vision.Size("temporal_patch_size", 2),
            MergeSize = vision.Size("spatial_merge_size", 2),
            Channels = channels,
            WindowSize = family == ModelFamily.Qwen25VL ? vision.Size("window_size", 112) : 0,
            FullAttentionBlocks = family == ModelFamily.Qwen25VL ? vision.Ints("fullatt_block_indexes", [7, 15, 23, 31]) : [],
            PositionEmbeddings = qwen3 ? vision.Size("num_position_embeddings", 2304) : 0,
            DeepstackBlocks = qwen3 ? vision.Ints("deepstack_visual_indexes", [8, 16, 24]) : [],
        };
        vision.Only("hidden_act", family switch { ModelFamily.Qwen2VL => "quick_gelu", ModelFamily.Qwen25VL => "silu", _ => "gelu_pytorch_tanh" });
        if (family == ModelFamily.Qwen25VL && config.WindowSize < config.PatchSize * config.MergeSize)
            throw vision.Wrong("window_size", $"at least one merged patch ({config.PatchSize * config.MergeSize} pixels)");
        foreach (var (key, blocks) in new[] { ("fullatt_block_indexes", config.FullAttentionBlocks), ("deepstack_visual_indexes", config.DeepstackBlocks) })
        {
            if (blocks.Any(b => b < 0 || b >= config.Depth) || blocks.Distinct().Count() != blocks.Length)
                throw vision.Wrong(key, $"different numbers between 0 and {config.Depth - 1}, the blocks that depth counts");
        }
        if (config.IntermediateSize < 1)
            throw vision.Wrong("mlp_ratio", $"a number that makes the MLP of a width of {config.Width} at least 1 wide");
        if (config.OutSize != textWidth)
            throw vision.Wrong(family == ModelFamily.Qwen2VL ? "hidden_size" : "out_hidden_size", $"the language model's hidden_size ({textWidth})");
        if (config.Width % config.Heads != 0 || config.HeadDim % 4 != 0)
            throw vision.Wrong("num_heads", $"a number of heads that divides the width {config.Width} into multiples of 4");
        vision.Done();
        return config;
    }
}
