using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SggLab.Datasets;
using SggLab.Datasets.Prompts;
using SggLab.Datasets.Synthetic;
using SggLab.Modeling;
using SggLab.Training.Prompts;

namespace SggLab.Training.Demo;

/// <summary>The demo's base model: Qwen2-VL's architecture at about a million parameters, random weights, a tokenizer learnt from the demo's own texts.</summary>
public static class DemoModel
{
    private const int VocabularySize = 400;
    private const int TextsToLearnFrom = 500;
    private const long WeightSeed = 1;

    /// <summary>What every answer repeats, cut so that a name, a corner and a predicate are a token each: a scene takes about thirty tokens.</summary>
    private static readonly string[] Phrases =
    [
        "<think>", "</think>", "<answer>", "</answer>",
        "{\n  \"objects\": [\n{\"id\": \"", "]},\n{\"id\": \"", "]}\n  ],\n  \"relationships\": [\n{\"subject\": \"", "\", \"object\": \"",
        .. Enumerable.Range(1, 3).SelectMany(number => new[]
        {
            $".{number}\", \"bbox\": [", $".{number}\", \"predicate\": \"", $".{number}\"}},\n{{\"subject\": \"", $".{number}\"}}\n  ]\n}}",
        }),
        .. Enumerable.Range(0, SyntheticScenes.Side / SyntheticScenes.CellPixels + 1).Select(Corner).SelectMany(corner => new[] { corner, corner + ", " }).Where(text => text != "0"),
        .. SceneVocabulary.Predicates.Where(name => name.Contains(' ', StringComparison.Ordinal)),
    ];

    /// <summary>A grid line in the frame of 1000, as answers write it.</summary>
    private static string Corner(int cell) => (cell * SyntheticScenes.CellPixels * 1000 / SyntheticScenes.Side).ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Writes the whole Hugging Face folder. The same code gives the same bytes.</summary>
    /// <param name="scenes">Training scenes, whose prompts and answers the tokenizer learns from.</param>
    public static void Write(string folder, IEnumerable<SceneGraphExample> scenes)
    {
        var settings = Directory.CreateTempSubdirectory("sgglab-demo-").FullName;
        try
        {
            var ids = DemoTokenizer.Write(settings, Texts(scenes.Take(TextsToLearnFrom)), Phrases, VocabularySize);
            Write(settings, "config.json", Config(ids));
            Write(settings, "preprocessor_config.json", Preprocessor());
            Write(settings, "generation_config.json", new JsonObject
            {
                ["bos_token_id"] = ids["<|endoftext|>"], ["pad_token_id"] = ids["<|endoftext|>"], ["do_sample"] = false,
                ["eos_token_id"] = new JsonArray(ids["<|im_end|>"], ids["<|endoftext|>"]),
            });
            ModelInit.Write(Path.Combine(settings, "config.json"), WeightSeed, folder);
        }
        finally
        {
            Directory.Delete(settings, recursive: true);
        }
    }

    private static IEnumerable<string> Texts(IEnumerable<SceneGraphExample> scenes)
    {
        var settings = new PromptSettings { Source = PromptSource.DataSet, Style = PromptStyle.Open, System = SystemPrompt.None };
        foreach (var scene in scenes)
        {
            yield return ChatTemplateText;
            yield return scene.PromptOpen!;
            yield return ExamplePrompts.InTags(SftTarget.Of(scene, settings));
        }
    }

    // What the template adds where no system message is given.
    private const string ChatTemplateText = "system\nYou are a helpful assistant.\nuser\nassistant\n";

    private static JsonObject Config(IReadOnlyDictionary<string, int> ids) => new()
    {
        ["architectures"] = new JsonArray("Qwen2VLForConditionalGeneration"),
        ["attention_dropout"] = 0.0,
        ["bos_token_id"] = ids["<|endoftext|>"],
        ["eos_token_id"] = ids["<|im_end|>"],
        ["vision_start_token_id"] = ids["<|vision_start|>"],
        ["vision_end_token_id"] = ids["<|vision_end|>"],
        ["vision_token_id"] = ids["<|vision_pad|>"],
        ["image_token_id"] = ids["<|image_pad|>"],
        ["video_token_id"] = ids["<|video_pad|>"],
        ["hidden_act"] = "silu",
        ["hidden_size"] = 128,
        ["initializer_range"] = 0.08,
        ["intermediate_size"] = 256,
        ["max_position_embeddings"] = 1024,
        ["max_window_layers"] = 4,
        ["model_type"] = "qwen2_vl",
        ["num_attention_heads"] = 4,
        ["num_hidden_layers"] = 4,
        ["num_key_value_heads"] = 2,
        ["rms_norm_eps"] = 1e-6,
        ["rope_theta"] = 100.0,
        ["sliding_window"] = 1024,
        ["tie_word_embeddings"] = true,
        ["torch_dtype"] = "float32",
        ["use_cache"] = true,
        ["use_sliding_window"] = false,
        ["vision_config"] = new JsonObject
        {
            ["depth"] = 2, ["embed_dim"] = 64, ["mlp_ratio"] = 4, ["num_heads"] = 2, ["in_chans"] = 3, ["hidden_size"] = 128,
            ["patch_size"] = 14, ["spatial_merge_size"] = 2, ["spatial_patch_size"] = 14, ["temporal_patch_size"] = 2,
        },
        ["rope_scaling"] = new JsonObject { ["type"] = "mrope", ["mrope_section"] = new JsonArray(2, 5, 9) },
        // Rows of the embedding: a multiple of 16 at or above the highest id, as published models round up too.
        ["vocab_size"] = (ids.Values.Max() + 16) / 16 * 16,
    };

    private static JsonObject Preprocessor() => new()
    {
        ["min_pixels"] = 3136,
        ["max_pixels"] = 12845056,
        ["patch_size"] = 14,
        ["temporal_patch_size"] = 2,
        ["merge_size"] = 2,
        ["image_mean"] = new JsonArray(0.48145466, 0.4578275, 0.40821073),
        ["image_std"] = new JsonArray(0.26862954, 0.26130258, 0.27577711),
        ["image_processor_type"] = "Qwen2VLImageProcessor",
        ["processor_class"] = "Qwen2VLProcessor",
    };

    private static void Write(string folder, string name, JsonObject content) =>
        File.WriteAllText(Path.Combine(folder, name), content.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n", new UTF8Encoding(false));
}
