using System.Text.Json.Nodes;
using SggLab.Contracts;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>The files of a Hugging Face model folder beside its weights, kept as they were so that saving gives them back.</summary>
public sealed class ModelFolder
{
    /// <summary>Files larger than this are not a model's settings.</summary>
    private const long LargestFile = 64 << 20;

    private ModelFolder(string path, ModelConfig config, SortedDictionary<string, byte[]> files)
    {
        Path = path;
        Config = config;
        Files = files;
    }

    /// <summary>Where it was read from; for messages.</summary>
    public string Path { get; }

    public ModelConfig Config { get; }

    /// <summary>config.json, tokenizer files, preprocessor_config.json and the like by name.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; }

    /// <exception cref="LabException">There is no folder or no config.json, or it is not one of the supported models.</exception>
    public static ModelFolder Open(string folder)
    {
        RequireFolder(folder);
        return Of(folder, SettingsIn(folder));
    }

    /// <exception cref="LabException">It is a file, or nothing; the message says what to give instead.</exception>
    internal static void RequireFolder(string folder)
    {
        if (Directory.Exists(folder))
            return;
        if (File.Exists(folder))
            throw new LabException($"{folder} is a file; give the folder of the model that holds it.");
        var isHubName = folder.Split('/') is [{ Length: > 0 } owner, { Length: > 0 }] && owner is not ("." or ".." or "~");
        throw new LabException($"There is no model folder {folder}.{(isHubName ? $" Nothing is fetched from the hub: download it first (hf download {folder} --local-dir DIR) and give that folder." : "")}");
    }

    /// <summary>What describes a model beside its weights, its tokenizer and its processors; other files of a folder (claims of golden folders, logs, cards) are about these very weights.</summary>
    private static readonly string[] Settings =
    [
        "config.json", "generation_config.json", "preprocessor_config.json", "video_preprocessor_config.json", "processor_config.json", "tokenizer.json", "tokenizer_config.json",
        "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "chat_template.json", "chat_template.jinja",
    ];

    /// <summary>The settings of a folder by name.</summary>
    internal static SortedDictionary<string, byte[]> SettingsIn(string folder)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (Settings.Contains(file.Name) && file.Length <= LargestFile)
                files[file.Name] = File.ReadAllBytes(file.FullName);
        }
        return files;
    }

    /// <param name="configFile">Where config.json was read from, if not from the folder; for messages.</param>
    internal static ModelFolder Of(string path, SortedDictionary<string, byte[]> files, string? configFile = null)
    {
        var configPath = configFile ?? System.IO.Path.Combine(path, "config.json");
        if (!files.TryGetValue("config.json", out var config))
            throw new LabException($"{configPath} is missing: {path} is not a Hugging Face model folder.");
        return new ModelFolder(path, ModelConfig.Parse(System.Text.Encoding.UTF8.GetString(config), configPath), files);
    }

    /// <summary>Fails where a model cannot be saved: asked before the work, and again when it is done.</summary>
    /// <exception cref="LabException">There is something under the name.</exception>
    public static void RequireNew(string folder)
    {
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new LabException($"{folder} exists and is not empty; a model is saved to a new folder. Give another one, or move this away.");
    }

    internal void Write(string folder, Qwen2VLModel model, ScalarType type)
    {
        RequireNew(folder);
        var temporary = folder.TrimEnd('/', '\\') + ".part";
        if (Directory.Exists(temporary))
            Directory.Delete(temporary, recursive: true);
        Directory.CreateDirectory(temporary);
        try
        {
            foreach (var (name, bytes) in Files)
                File.WriteAllBytes(System.IO.Path.Combine(temporary, name), name == "config.json" ? WithType(bytes, type) : bytes);
            SafetensorsWriter.Write(System.IO.Path.Combine(temporary, "model.safetensors"), model.Weights.Names.Select(n => KeyValuePair.Create(n, model.Weights[n])), type,
                data: model.Weights.Merged);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
        if (Directory.Exists(folder))
            Directory.Delete(folder);
        Directory.Move(temporary, folder);
    }

    /// <summary>config.json naming the type that the weights are written in; untouched where it already does.</summary>
    private static byte[] WithType(byte[] config, ScalarType type)
    {
        var name = type switch { ScalarType.BFloat16 => "bfloat16", ScalarType.Float16 => "float16", _ => "float32" };
        var root = JsonNode.Parse(config)!.AsObject();
        var changed = false;
        foreach (var part in new[] { root, root["text_config"] as JsonObject })
        {
            foreach (var key in new[] { "torch_dtype", "dtype" })
            {
                if (part?[key] is { } value && value.GetValue<string>() != name)
                    (part[key], changed) = (name, true);
            }
        }
        return changed ? System.Text.Encoding.UTF8.GetBytes(root.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n") : config;
    }
}
