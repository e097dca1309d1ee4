using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>
/// Checks a folder laid out like tests/golden/qwen (images, inputs, positions, tokenizer, and model folders) file by file.
/// Every file must be one that is known: an unknown one would be a claim that nobody checked.
/// </summary>
public static class ParityFolder
{
    /// <summary>Files that say how others came to be, and need no check.</summary>
    private static readonly HashSet<string> Descriptions = new(StringComparer.Ordinal) { "README.md", "versions.json" };

    /// <summary>Files of a model folder that loading it reads, or that repeat what it reads.</summary>
    private static readonly HashSet<string> ModelFiles = new(StringComparer.Ordinal)
    {
        "config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.json", "chat_template.jinja",
        "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json", "golden.json", "model.safetensors", "model.safetensors.index.json",
    };

    private static readonly HashSet<string> ImageFiles = new(StringComparer.Ordinal)
    {
        "cases.jsonl", "pixel_values.safetensors", "smart_resize.jsonl", "jpeg_decoded.json", "sft_path.jsonl", "sft_path.safetensors",
    };

    /// <param name="more">Further checks of a model folder: given the folder and the name of a file, the items, or null where the file is not theirs.</param>
    /// <exception cref="LabException">The folder is missing, or holds a file that is not known.</exception>
    public static IEnumerable<ParityItem> Check(string folder, Func<string, string, IEnumerable<ParityItem>?>? more = null)
    {
        if (!Directory.Exists(folder))
            throw new LabException($"There is no folder {folder}.");
        if (File.Exists(Path.Combine(folder, "config.json")))
            return CheckModel(folder, more);
        foreach (var file in Directory.EnumerateFiles(folder))
            Known(file, Descriptions);
        var parts = Directory.GetDirectories(folder).Order(StringComparer.Ordinal).ToList();
        if (parts.Count == 0)
            throw new LabException($"{folder} holds no folders: nothing to compare.");
        return parts.SelectMany(part => CheckPart(part, more));
    }

    private static IEnumerable<ParityItem> CheckPart(string part, Func<string, string, IEnumerable<ParityItem>?>? more) => Path.GetFileName(part) switch
    {
        "images" => CheckImages(part),
        "inputs" => CheckInputs(part),
        "positions" => CheckPositions(part),
        "tokenizer" => CheckTokenizer(part),
        _ when File.Exists(Path.Combine(part, "config.json")) => CheckModel(part, more),
        var name => throw new LabException($"{part}: parity knows the folders images, inputs, positions, tokenizer and model folders (with a config.json), not \"{name}\"."),
    };

    private static IEnumerable<ParityItem> CheckImages(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            Known(file, Descriptions, ImageFiles);
        RequireOnly(folder, "files");
        var images = new ImageParity(folder);
        images.RequireKnownFiles();
        return Present(folder, ("smart_resize.jsonl", images.SmartResizes), ("jpeg_decoded.json", images.Decoded), ("cases.jsonl", images.Cases), ("sft_path.jsonl", images.SftPath));
    }

    private static IEnumerable<ParityItem> CheckInputs(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            if (Path.GetExtension(file) is not (".png" or ".jpg") && Path.GetFileName(file) is not ("pixels_patch14.safetensors" or "pixels_patch16.safetensors"))
                Known(file, Descriptions);
        }
        RequireOnly(folder);
        return ImageParity.Inputs(folder);
    }

    private static IEnumerable<ParityItem> CheckPositions(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            Known(file, Descriptions, ["rope_index.jsonl", "windows.jsonl"]);
        RequireOnly(folder);
        var positions = new PositionParity(folder);
        return Present(folder, ("rope_index.jsonl", positions.RopeIndex), ("windows.jsonl", positions.Windows));
    }

    private static IEnumerable<ParityItem> CheckTokenizer(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            Known(file, Descriptions, ModelFiles, ["tokenizer.string_merges.json", "encode.jsonl", "decode.jsonl", "chat.jsonl", "info.json"]);
        RequireOnly(folder);
        var tokenizer = new TokenizerParity(folder);
        var other = File.Exists(Path.Combine(folder, "tokenizer.string_merges.json"));
        return Present(folder, ("encode.jsonl", () => tokenizer.Encodings()), ("encode.jsonl", () => other ? tokenizer.Encodings("tokenizer.string_merges.json") : []),
            ("decode.jsonl", tokenizer.Decodings), ("chat.jsonl", tokenizer.Chats), ("info.json", tokenizer.Info), ("vocab.json", tokenizer.Vocabulary), ("merges.txt", tokenizer.MergeList));
    }

    private static IEnumerable<ParityItem> CheckModel(string folder, Func<string, string, IEnumerable<ParityItem>?>? more)
    {
        RequireOnly(folder, "adapter");
        var golden = new Lazy<JsonElement>(() => ReadGolden(folder));
        var files = Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).ToList();
        var checks = new List<IEnumerable<ParityItem>> { WeightParity.Check(folder) };
        foreach (var file in files)
        {
            switch (file)
            {
                case "config.transformers5.json":
                    checks.Add(Later(() => WeightParity.SameConfig(folder, file)));
                    break;
                case "bf16.safetensors":
                    checks.Add(Later(() => Bf16Parity.Check(folder, golden.Value)));
                    break;
                case "training.json":
                    checks.Add(Later(() => new TrainingParity(folder, golden.Value).Check()));
                    break;
                case "lora.json":
                    checks.Add(Later(() => new LoraParity(folder, golden.Value).Check()));
                    break;
                case "generation.json":
                    checks.Add(Later(() => Generation(folder, golden.Value)));
                    break;
                case "training.safetensors" or "lora.safetensors" or "generation.safetensors":
                    break; // Read together with the file of the same name.
                case var _ when file.StartsWith("forward_", StringComparison.Ordinal) && file.EndsWith(".safetensors", StringComparison.Ordinal):
                    checks.Add(Later(() => Forward(folder, file, golden.Value)));
                    break;
                case var _ when more?.Invoke(folder, file) is { } items:
                    checks.Add(items);
                    break;
                default:
                    var isShard = file.StartsWith("model-", StringComparison.Ordinal) && file.EndsWith(".safetensors", StringComparison.Ordinal);
                    if (!isShard)
                        Known(Path.Combine(folder, file), Descriptions, ModelFiles);
                    break;
            }
        }
        return checks.SelectMany(c => c);
    }

    private static IEnumerable<ParityItem> Forward(string folder, string file, JsonElement golden)
    {
        using var model = Qwen2VLModel.Load(folder);
        return [.. new ForwardParity(model, folder, golden).Check(file)];
    }

    private static IEnumerable<ParityItem> Generation(string folder, JsonElement golden)
    {
        using var model = Qwen2VLModel.Load(folder);
        using var parity = new GenerationParity(model, folder, golden, new CpuDecodeEngine(model));
        return [.. parity.Check()];
    }

    /// <summary>What golden.json of a model folder says about its cases.</summary>
    public static JsonElement ReadGolden(string folder)
    {
        var path = Path.Combine(folder, "golden.json");
        if (!File.Exists(path))
            throw new LabException($"{path} is missing: the cases of the folder's files are not known.");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new LabException($"{path} is not valid JSON: {e.Message}");
        }
    }

    // Items are computed when they are asked for, so that the first lines appear at once.
    private static IEnumerable<ParityItem> Later(Func<IEnumerable<ParityItem>> items)
    {
        foreach (var item in items())
            yield return item;
    }

    private static IEnumerable<ParityItem> Present(string folder, params (string File, Func<IEnumerable<ParityItem>> Items)[] checks) =>
        checks.Where(c => File.Exists(Path.Combine(folder, c.File))).SelectMany(c => c.Items());

    private static void Known(string file, params IEnumerable<string>[] names)
    {
        if (!names.Any(n => n.Contains(Path.GetFileName(file))))
            throw new LabException($"{file} is not a file that parity knows, so it would go unchecked. Move it away to compare the rest.");
    }

    private static void RequireOnly(string folder, params string[] names)
    {
        foreach (var inner in Directory.EnumerateDirectories(folder))
        {
            if (!names.Contains(Path.GetFileName(inner)))
                throw new LabException($"{inner} is not a folder that parity knows, so it would go unchecked. Move it away to compare the rest.");
        }
    }
}
