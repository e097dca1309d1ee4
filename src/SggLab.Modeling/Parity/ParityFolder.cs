using System.Runtime.InteropServices;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>
/// Checks a folder laid out like tests/golden/qwen (images, inputs, positions, tokenizer, and model folders) file by file.
/// Every file and key is compared, named as not compared with the reason, or an error: what is left would be a claim that nobody checked.
/// </summary>
public static class ParityFolder
{
    /// <summary>Files that say how others came to be.</summary>
    private static readonly Dictionary<string, string> Descriptions = new(StringComparer.Ordinal) { ["README.md"] = "words", ["versions.json"] = "the libraries that wrote the folder" };

    /// <summary>Files that are read together with another one, without which nothing would compare them.</summary>
    private static readonly Dictionary<string, string> ReadWith = new(StringComparer.Ordinal)
    {
        ["training.safetensors"] = "training.json", ["lora.safetensors"] = "lora.json", ["generation.safetensors"] = "generation.json", ["grpo.safetensors"] = "grpo.json",
        ["training.json"] = "training.safetensors", ["lora.json"] = "lora.safetensors", ["generation.json"] = "generation.safetensors", ["grpo.json"] = "grpo.safetensors",
        ["pixel_values.safetensors"] = "cases.jsonl", ["sft_path.safetensors"] = "sft_path.jsonl", ["tokenizer.string_merges.json"] = "encode.jsonl",
    };

    /// <summary>Files of a model folder that loading it reads, or that repeat what it reads.</summary>
    private static readonly string[] ModelFiles =
    [
        "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.json", "chat_template.jinja",
        "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json", "golden.json", "model.safetensors", "model.safetensors.index.json",
    ];

    private static readonly string[] ImageFiles = ["cases.jsonl", "pixel_values.safetensors", "smart_resize.jsonl", "jpeg_decoded.json", "sft_path.jsonl", "sft_path.safetensors"];

    private static readonly string[] TokenizerClaims = ["encode.jsonl", "decode.jsonl", "chat.jsonl", "info.json", "vocab.json", "merges.txt"];

    /// <param name="more">Further checks of a model folder: given the folder and the name of a file, the items, or null where the file is not theirs.</param>
    /// <exception cref="LabException">The folder is missing, holds a file or key that nothing compares, or a malformed one.</exception>
    public static IEnumerable<ParityItem> Check(string folder, Func<string, string, IEnumerable<ParityItem>?>? more = null)
    {
        folder = Path.TrimEndingDirectorySeparator(folder);
        if (!Directory.Exists(folder))
            throw new LabException($"There is no folder {folder}.");
        if (File.Exists(Path.Combine(folder, "config.json")))
            return CheckModel(folder, more);
        var described = Known(folder);
        var parts = Directory.GetDirectories(folder).Order(StringComparer.Ordinal).ToList();
        if (parts.Count == 0)
            throw new LabException($"{folder} holds no folders: nothing to compare.");
        return described.Concat(parts.SelectMany(part => CheckPart(part, more)));
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
        var described = Known(folder, ImageFiles);
        RequireOnly(folder, "files");
        var images = new ImageParity(folder);
        images.RequireKnownFiles();
        return described.Concat(Present(folder, ("smart_resize.jsonl", images.SmartResizes), ("jpeg_decoded.json", images.Decoded), ("cases.jsonl", images.Cases), ("sft_path.jsonl", images.SftPath)));
    }

    private static IEnumerable<ParityItem> CheckInputs(string folder)
    {
        var described = Known(folder, ["pixels_patch14.safetensors", "pixels_patch16.safetensors", .. Directory.EnumerateFiles(folder).Where(ImageParity.IsImage).Select(f => Path.GetFileName(f))]);
        RequireOnly(folder);
        return described.Concat(Guarded(folder, () => ImageParity.Inputs(folder)));
    }

    private static IEnumerable<ParityItem> CheckPositions(string folder)
    {
        var described = Known(folder, "rope_index.jsonl", "windows.jsonl");
        RequireOnly(folder);
        var positions = new PositionParity(folder);
        return described.Concat(Present(folder, ("rope_index.jsonl", positions.RopeIndex), ("windows.jsonl", positions.Windows)));
    }

    private static IEnumerable<ParityItem> CheckTokenizer(string folder)
    {
        var described = Known(folder, [.. ModelFiles.Except(["config.json", "golden.json", "model.safetensors", "model.safetensors.index.json"]), "tokenizer.string_merges.json", .. TokenizerClaims]);
        RequireOnly(folder);
        if (!TokenizerClaims.Any(f => File.Exists(Path.Combine(folder, f))))
            throw new LabException($"{folder} holds nothing to compare the tokenizer with ({string.Join(", ", TokenizerClaims)}).");
        var tokenizer = new TokenizerParity(folder);
        var other = File.Exists(Path.Combine(folder, "tokenizer.string_merges.json"));
        return described.Concat(Present(folder, ("encode.jsonl", () => tokenizer.Encodings()), ("encode.jsonl", () => other ? tokenizer.Encodings("tokenizer.string_merges.json") : []),
            ("decode.jsonl", tokenizer.Decodings), ("chat.jsonl", tokenizer.Chats), ("info.json", tokenizer.Info), ("tokenizer.json", new SettingsParity(folder).Check)));
    }

    private static IEnumerable<ParityItem> CheckModel(string folder, Func<string, string, IEnumerable<ParityItem>?>? more)
    {
        RequireOnly(folder, "adapter");
        var golden = new Lazy<GoldenCases>(() => GoldenCases.Read(folder));
        var files = Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).ToList();
        RequirePairs(folder, files);
        var checks = new List<IEnumerable<ParityItem>> { Guarded(folder, () => WeightParity.Check(folder)), Guarded(folder, () => new SettingsParity(folder).Check()) };
        var adapter = CheckAdapter(folder, files);
        foreach (var file in files)
        {
            Func<IEnumerable<ParityItem>>? check = file switch
            {
                "config.transformers5.json" => () => WeightParity.SameConfig(folder, file),
                "golden.json" => () => new CaseParity(golden.Value, ModelConfig.Parse(File.ReadAllText(Path.Combine(folder, "config.json")), Path.Combine(folder, "config.json"))).Texts(),
                "bf16.safetensors" => () => Bf16Parity.Check(golden.Value),
                "training.json" => () => new TrainingParity(golden.Value).Check(),
                "lora.json" => () => new LoraParity(golden.Value).Check(),
                "generation.json" => () => Generation(golden.Value),
                var _ when file.StartsWith("forward_", StringComparison.Ordinal) && file.EndsWith(".safetensors", StringComparison.Ordinal) => () => Forward(golden.Value, file),
                _ => null,
            };
            if (check is not null)
                checks.Add(Guarded(Path.Combine(folder, file), check));
            else if (more?.Invoke(folder, file) is { } items)
                checks.Add(Guarded(Path.Combine(folder, file), () => items));
            // Loading the weights refuses shards that nothing names.
            else if (!ReadWith.ContainsKey(file) && !(file.StartsWith("model-", StringComparison.Ordinal) && file.EndsWith(".safetensors", StringComparison.Ordinal)) && !ModelFiles.Contains(file))
                checks.Add(Described(folder, file));
            else if (file is "grpo.json")
                throw Unknown(Path.Combine(folder, file));
        }
        return adapter.Concat(checks.SelectMany(c => c));
    }

    /// <summary>An adapter is compared through what lora.json and grpo.json say it computes.</summary>
    private static List<ParityItem> CheckAdapter(string folder, List<string> files)
    {
        var adapter = Path.Combine(folder, "adapter");
        if (!Directory.Exists(adapter))
            return [];
        RequireOnly(adapter);
        if (!files.Contains("lora.json") && !files.Contains("grpo.json"))
            throw new LabException($"{adapter} is there, but neither lora.json nor grpo.json says what it computes, so it would go unchecked. Move it away to compare the rest.");
        return Known(adapter, "adapter_config.json", "adapter_model.safetensors");
    }

    private static List<ParityItem> Forward(GoldenCases golden, string file)
    {
        using var model = Qwen2VLModel.Load(golden.Folder);
        return [.. new ForwardParity(model, golden).Check(file)];
    }

    private static List<ParityItem> Generation(GoldenCases golden)
    {
        using var model = Qwen2VLModel.Load(golden.Folder);
        using var parity = new GenerationParity(model, golden, CpuDecodeEngine.Of(model));
        return [.. parity.Check()];
    }

    private static IEnumerable<ParityItem> Present(string folder, params (string File, Func<IEnumerable<ParityItem>> Items)[] checks) =>
        checks.Where(c => File.Exists(Path.Combine(folder, c.File))).SelectMany(c => Guarded(Path.Combine(folder, c.File), c.Items));

    /// <summary>Items are computed when they are asked for, so that the first lines appear at once; a file that cannot be made sense of is named.</summary>
    private static IEnumerable<ParityItem> Guarded(string file, Func<IEnumerable<ParityItem>> items)
    {
        using var all = Named(file, () => items().GetEnumerator());
        while (Named(file, all.MoveNext))
            yield return all.Current;
    }

    private static T Named<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        // What indexing a tensor of another shape than stated throws, here and inside libtorch.
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException or ArgumentException or FormatException or OverflowException or ExternalException)
        {
            throw new LabException($"{file} could not be compared, since its parts do not fit each other: {e.Message.Split('\n')[0]}");
        }
        catch (LabException e) when (!e.Message.Contains(Path.GetDirectoryName(file) ?? file, StringComparison.Ordinal))
        {
            throw new LabException($"{file}: {e.Message}", e.ExitCode);
        }
    }

    /// <summary>Fails unless every file of a folder is known and has the one it is read with.</summary>
    private static List<ParityItem> Known(string folder, params string[] names)
    {
        var files = Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).ToList();
        RequirePairs(folder, files);
        return [.. files.Where(f => !names.Contains(f)).SelectMany(f => Described(folder, f))];
    }

    private static void RequirePairs(string folder, List<string> files)
    {
        foreach (var file in files)
        {
            if (ReadWith.TryGetValue(file, out var other) && !files.Contains(other))
                throw new LabException($"{Path.Combine(folder, file)} is compared together with {other}, which is missing, so it would go unchecked.");
        }
    }

    private static ParityItem[] Described(string folder, string file) => Descriptions.TryGetValue(file, out var reason)
        ? [ParityItem.NotCompared($"{Path.GetFileName(folder)}/{file}", reason)]
        : throw Unknown(Path.Combine(folder, file));

    private static LabException Unknown(string path) => new($"{path} is not a file that parity knows, so it would go unchecked. Move it away to compare the rest.");

    private static void RequireOnly(string folder, params string[] names)
    {
        foreach (var inner in Directory.EnumerateDirectories(folder))
        {
            if (!names.Contains(Path.GetFileName(inner)))
                throw new LabException($"{inner} is not a folder that parity knows, so it would go unchecked. Move it away to compare the rest.");
        }
    }
}
