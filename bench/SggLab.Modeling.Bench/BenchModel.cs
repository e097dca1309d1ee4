using System.Text.Json.Nodes;

namespace SggLab.Modeling.Bench;

/// <summary>
/// The model that transformers was measured with: Qwen2-VL of 6,633,472 parameters, random weights. Its ids of images are those of the goldens'
/// tokenizer, which has as many tokens as the model has rows.
/// </summary>
internal static class BenchModel
{
    private const long Seed = 1;

    public const int Vocabulary = 1500;

    public static Qwen2VLModel Create() => ModelInit.Create(Files(), Seed);

    /// <summary>The whole Hugging Face folder.</summary>
    public static void Write(string folder) => ModelInit.Write(Files(), Seed, folder);

    private static Dictionary<string, byte[]> Files() => new()
    {
        ["config.json"] = Bytes(Config()),
        ["preprocessor_config.json"] = Bytes(new JsonObject
        {
            ["min_pixels"] = 3136, ["max_pixels"] = 12845056, ["patch_size"] = 14, ["temporal_patch_size"] = 2, ["merge_size"] = 2,
            ["image_mean"] = new JsonArray(0.48145466, 0.4578275, 0.40821073), ["image_std"] = new JsonArray(0.26862954, 0.26130258, 0.27577711),
        }),
        ["tokenizer.json"] = File.ReadAllBytes(Golden.File("tokenizer", "tokenizer.json")),
        ["tokenizer_config.json"] = File.ReadAllBytes(Golden.File("tokenizer", "tokenizer_config.json")),
        ["chat_template.json"] = File.ReadAllBytes(Golden.File("tokenizer", "chat_template.json")),
    };

    private static JsonObject Config() => new()
    {
        ["architectures"] = new JsonArray("Qwen2VLForConditionalGeneration"),
        ["model_type"] = "qwen2_vl",
        ["image_token_id"] = 1498,
        ["video_token_id"] = 1499,
        ["vision_start_token_id"] = 1495,
        ["vision_end_token_id"] = 1496,
        ["eos_token_id"] = NeverDrawn,
        ["hidden_size"] = 256,
        ["num_hidden_layers"] = 6,
        ["num_attention_heads"] = 8,
        ["num_key_value_heads"] = 2,
        ["intermediate_size"] = 768,
        ["vocab_size"] = Vocabulary,
        ["tie_word_embeddings"] = false,
        ["max_position_embeddings"] = 4096,
        ["max_window_layers"] = 80,
        ["use_sliding_window"] = false,
        ["rms_norm_eps"] = 1e-5,
        ["hidden_act"] = "silu",
        ["initializer_range"] = 0.02,
        ["attention_dropout"] = 0.0,
        ["rope_theta"] = 1000000.0,
        ["rope_scaling"] = new JsonObject { ["type"] = "mrope", ["mrope_section"] = new JsonArray(4, 6, 6) },
        ["torch_dtype"] = "float32",
        ["vision_config"] = new JsonObject
        {
            ["depth"] = 4, ["embed_dim"] = 128, ["hidden_size"] = 256, ["num_heads"] = 4, ["mlp_ratio"] = 4, ["in_chans"] = 3,
            ["patch_size"] = 14, ["spatial_merge_size"] = 2, ["temporal_patch_size"] = 2,
        },
    };

    /// <summary>No row of the vocabulary: every completion has its full length, as the measured ones had.</summary>
    private const int NeverDrawn = Vocabulary;

    private static byte[] Bytes(JsonObject json) => System.Text.Encoding.UTF8.GetBytes(json.ToJsonString());
}
