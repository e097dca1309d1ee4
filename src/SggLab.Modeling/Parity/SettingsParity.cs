using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>Checks the files of a folder beside its weights: each is read as using the model would, and those that repeat tokenizer.json must agree with it.</summary>
internal sealed class SettingsParity(string folder)
{
    private static readonly string[] NamedTokens = ["bos_token", "eos_token", "pad_token", "unk_token"];

    private readonly string _name = Path.GetFileName(folder);
    private readonly Lazy<Tokenizer> _tokenizer = new(() => Tokenizer.Load(folder));

    /// <summary>Of those that exist.</summary>
    public IEnumerable<ParityItem> Check()
    {
        foreach (var (file, check) in new (string, Func<string, long>)[]
        {
            ("tokenizer.json", _ => _tokenizer.Value.VocabularySize > 0 ? 0 : 1), ("tokenizer_config.json", TokenizerConfig), ("special_tokens_map.json", SpecialTokensMap), ("added_tokens.json", AddedTokens),
            ("vocab.json", Vocabulary), ("merges.txt", Merges), ("chat_template.json", Template), ("chat_template.jinja", Template),
            ("preprocessor_config.json", _ => Images()),
        })
        {
            var path = Path.Combine(folder, file);
            if (File.Exists(path))
                yield return ParityItem.Exact($"{_name}/{file}", check(path));
        }
        if (Path.Combine(folder, "processor_config.json") is var processor && File.Exists(processor))
            yield return ImageSettings.ParseShared(File.ReadAllBytes(processor), processor) is null
                ? ParityItem.NotCompared($"{_name}/processor_config.json", "it has no image_processor")
                : ParityItem.Exact($"{_name}/processor_config.json", Images());
        // A folder of the tokenizer alone has no settings of a model.
        if (!File.Exists(Path.Combine(folder, "config.json")) || !File.Exists(Path.Combine(folder, "generation_config.json")))
            yield break;
        GenerationConfig.Of(ModelFolder.Open(folder));
        yield return ParityItem.Exact($"{_name}/generation_config.json", 0);
    }

    /// <summary>Reads both files that may hold image settings.</summary>
    private int Images() => ImageSettings.In(folder, ModelFolder.SettingsIn(folder)).Settings.PatchSize > 0 ? 0 : 1;

    /// <summary>The special tokens that it repeats, and no settings that would make other ids of a text.</summary>
    private long TokenizerConfig(string path)
    {
        var config = GoldenFile.Read(path);
        long different = 0;
        if (config.Has("added_tokens_decoder"))
        {
            var tokens = config.Object("added_tokens_decoder");
            foreach (var id in tokens.Keys.ToList())
                different += _tokenizer.Value.Specials.TryGetValue(tokens.Object(id).Text("content"), out var ours) && ours.ToString(System.Globalization.CultureInfo.InvariantCulture) == id ? 0 : 1;
        }
        foreach (var key in new[] { "add_prefix_space", "add_bos_token", "add_eos_token", "split_special_tokens" })
            config.Only(key, "false");
        config.Only("errors", "replace");
        foreach (var key in NamedTokens.Where(config.Has))
            different += Known(config, key) ? 0 : 1;
        return different + (config.Has("chat_template") ? Template(path) : 0);
    }

    private long SpecialTokensMap(string path)
    {
        var map = GoldenFile.Read(path);
        return map.Keys.ToList().Count(key => !map.IsList(key) && !Known(map, key));
    }

    private bool Known(ConfigObject named, string key) => _tokenizer.Value.Specials.ContainsKey(named.IsText(key) ? named.Text(key) : named.Object(key).Text("content"));

    private long AddedTokens(string path)
    {
        var tokens = GoldenFile.Read(path);
        return tokens.Keys.ToList().Count(token => !_tokenizer.Value.Specials.TryGetValue(token, out var id) || id != tokens.Int(token));
    }

    /// <summary>vocab.json repeats the vocabulary of tokenizer.json.</summary>
    private long Vocabulary(string path)
    {
        var vocabulary = GoldenFile.Read(path);
        var repeated = vocabulary.Keys.ToDictionary(token => token, vocabulary.Int, StringComparer.Ordinal);
        var ours = Json("tokenizer.json").GetProperty("model").GetProperty("vocab").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32(), StringComparer.Ordinal);
        return ours.Count(token => !repeated.TryGetValue(token.Key, out var id) || id != token.Value) + repeated.Keys.Count(token => !ours.ContainsKey(token) && !_tokenizer.Value.Specials.ContainsKey(token));
    }

    /// <summary>merges.txt repeats the merges of tokenizer.json, in their order.</summary>
    private long Merges(string path)
    {
        var merges = Json("tokenizer.json").GetProperty("model").GetProperty("merges").EnumerateArray()
            .Select(m => m.ValueKind == JsonValueKind.String ? m.GetString()! : $"{m[0].GetString()} {m[1].GetString()}").ToList();
        var listed = File.ReadLines(path).Where(l => l.Length > 0 && !l.StartsWith("#version", StringComparison.Ordinal)).ToList();
        return Math.Abs(merges.Count - listed.Count) + merges.Zip(listed).Count(p => p.First != p.Second);
    }

    private static long Template(string path)
    {
        var template = path.EndsWith(".jinja", StringComparison.Ordinal) ? File.ReadAllText(path) : GoldenFile.Read(path).Text("chat_template");
        return ChatTemplate.IsKnown(template) ? 0 : 1;
    }

    /// <summary>The tokenizer's own file, which is read as a whole before its parts are compared.</summary>
    private JsonElement Json(string file)
    {
        if (!File.Exists(Path.Combine(folder, file)))
            throw new LabException($"{Path.Combine(folder, file)} is missing: the files that repeat it cannot be compared.");
        _ = _tokenizer.Value;
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, file)));
        return document.RootElement.Clone();
    }
}
