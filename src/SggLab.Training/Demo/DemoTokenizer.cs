using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using SggLab.Modeling;

namespace SggLab.Training.Demo;

/// <summary>
/// Writes a tokenizer as Qwen2-VL folders hold it: tokenizer.json, vocab.json, merges.txt, tokenizer_config.json, chat_template.json. The byte-level
/// BPE is learnt from the texts given; phrases that every answer repeats become added tokens, so that a scene takes few tokens.
/// </summary>
public static class DemoTokenizer
{
    /// <summary>Qwen2's pre-tokenizer: contractions, words, single digits, punctuation, white space.</summary>
    public const string Splitter = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The special tokens of Qwen2-VL, in its order.</summary>
    public static IReadOnlyList<string> Specials { get; } =
    [
        "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>",
        "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
    ];

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, IndentSize = 2, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="texts">Prompts and answers to learn merges from.</param>
    /// <param name="phrases">Texts that are one token each, wherever they stand.</param>
    /// <param name="vocabularySize">Size of the byte-level BPE, phrases and specials not counted.</param>
    /// <returns>The ids of the tokens by their text: phrases and specials.</returns>
    public static IReadOnlyDictionary<string, int> Write(string folder, IEnumerable<string> texts, IReadOnlyList<string> phrases, int vocabularySize)
    {
        var cutPhrases = new Regex(string.Join('|', phrases.OrderByDescending(phrase => phrase.Length).Select(Regex.Escape)));
        var vocabulary = BytePairTrainer.Train(texts.SelectMany(text => cutPhrases.Split(text)), new Regex(Splitter), vocabularySize);
        var added = phrases.Concat(Specials).Select((token, i) => (token, id: vocabulary.Tokens.Count + i)).ToDictionary(pair => pair.token, pair => pair.id);
        WriteText(folder, "tokenizer.json", TokenizerJson(vocabulary, added).ToJsonString(Json) + "\n");
        WriteText(folder, "vocab.json", VocabularyJson(vocabulary).ToJsonString(Json) + "\n");
        WriteText(folder, "merges.txt", "#version: 0.2\n" + string.Concat(vocabulary.Merges.Select(merge => $"{merge.Left} {merge.Right}\n")));
        WriteText(folder, "tokenizer_config.json", ConfigJson(added).ToJsonString(Json) + "\n");
        WriteText(folder, "chat_template.json", new JsonObject { ["chat_template"] = ChatTemplate.Text }.ToJsonString(Json) + "\n");
        return added;
    }

    private static JsonObject TokenizerJson(BytePairVocabulary vocabulary, IReadOnlyDictionary<string, int> added) => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = new JsonArray([.. added.OrderBy(pair => pair.Value).Select(pair => (JsonNode)Added(pair.Key, pair.Value))]),
        ["normalizer"] = new JsonObject { ["type"] = "NFC" },
        ["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = Splitter }, ["behavior"] = "Isolated", ["invert"] = false },
                ByteLevel(addPrefixSpace: false, trimOffsets: false, useRegex: false)),
        },
        ["post_processor"] = ByteLevel(addPrefixSpace: false, trimOffsets: false, useRegex: false),
        ["decoder"] = ByteLevel(addPrefixSpace: true, trimOffsets: true, useRegex: true),
        ["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["dropout"] = null,
            ["unk_token"] = null,
            ["continuing_subword_prefix"] = null,
            ["end_of_word_suffix"] = null,
            ["fuse_unk"] = false,
            ["byte_fallback"] = false,
            ["ignore_merges"] = false,
            ["vocab"] = VocabularyJson(vocabulary),
            ["merges"] = new JsonArray([.. vocabulary.Merges.Select(merge => (JsonNode)new JsonArray(merge.Left, merge.Right))]),
        },
    };

    private static JsonObject VocabularyJson(BytePairVocabulary vocabulary) =>
        new(vocabulary.Tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id)));

    private static JsonObject ByteLevel(bool addPrefixSpace, bool trimOffsets, bool useRegex) =>
        new() { ["type"] = "ByteLevel", ["add_prefix_space"] = addPrefixSpace, ["trim_offsets"] = trimOffsets, ["use_regex"] = useRegex };

    private static JsonObject Added(string token, int id)
    {
        var entry = new JsonObject { ["id"] = id };
        foreach (var (key, value) in Properties(token))
            entry[key] = value?.DeepClone();
        return entry;
    }

    private static JsonObject Properties(string token) => new()
    {
        ["content"] = token,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = Specials.Contains(token),
    };

    private static JsonObject ConfigJson(IReadOnlyDictionary<string, int> added) => new()
    {
        ["add_prefix_space"] = false,
        ["added_tokens_decoder"] = new JsonObject(added.OrderBy(pair => pair.Value)
            .Select(pair => KeyValuePair.Create(pair.Value.ToString(System.Globalization.CultureInfo.InvariantCulture), (JsonNode?)Properties(pair.Key)))),
        ["additional_special_tokens"] = new JsonArray([.. Specials.Skip(1).Select(token => (JsonNode)token)]),
        ["bos_token"] = null,
        ["chat_template"] = ChatTemplate.Text,
        ["clean_up_tokenization_spaces"] = false,
        ["eos_token"] = "<|im_end|>",
        ["errors"] = "replace",
        ["model_max_length"] = 32768,
        ["pad_token"] = "<|endoftext|>",
        ["split_special_tokens"] = false,
        ["tokenizer_class"] = "Qwen2Tokenizer",
        ["unk_token"] = null,
    };

    private static void WriteText(string folder, string name, string text) => File.WriteAllText(Path.Combine(folder, name), text, new UTF8Encoding(false));
}
