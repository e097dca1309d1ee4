using SggLab.Contracts;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Makes models from nothing: random weights for a configuration, in a whole Hugging Face folder.</summary>
public static class ModelInit
{
    /// <summary>Elements that share one random stream, so that blocks can be filled side by side with the same result.</summary>
    private const int Block = 1 << 16;

    /// <summary>Writes a folder with random weights: config.json as given, the other files beside it as they are.</summary>
    /// <param name="configFile">A config.json; tokenizer, image and generation settings in its folder are taken along.</param>
    /// <param name="seed">The same seed gives the same bytes.</param>
    /// <param name="tokenizerFolder">Where these settings are taken from instead.</param>
    /// <exception cref="LabException">The configuration is unsupported or does not fit the other settings, or the folder is not empty.</exception>
    public static void Write(string configFile, long seed, string folder, string? tokenizerFolder = null) => Write(Settings(configFile, tokenizerFolder).Files, seed, folder);

    /// <summary>The settings of a model to be made, held against each other.</summary>
    public static ModelFolder Settings(string configFile, string? tokenizerFolder = null)
    {
        if (!File.Exists(configFile))
            throw new LabException(Directory.Exists(configFile) ? $"{configFile} is a folder; give the path of its config.json." : $"There is no configuration {configFile}.");
        if (tokenizerFolder is not null && !File.Exists(Path.Combine(tokenizerFolder, "tokenizer.json")))
            throw new LabException($"{tokenizerFolder} has no tokenizer.json; give the folder of a model whose tokenizer the new one shall have.");
        var source = tokenizerFolder ?? Path.GetDirectoryName(Path.GetFullPath(configFile))!;
        var files = ModelFolder.SettingsIn(source);
        files["config.json"] = File.ReadAllBytes(configFile);
        if (tokenizerFolder is null && Path.GetFileName(configFile) is var name && name != "config.json")
            files.Remove(name);
        var settings = ModelFolder.Of(source, files, configFile);
        PromptProcessor.CheckFit(settings);
        return settings;
    }

    /// <summary>Writes a folder with random weights.</summary>
    /// <param name="files">config.json, and whatever else the folder shall hold (tokenizer.json, preprocessor_config.json, …).</param>
    public static void Write(IReadOnlyDictionary<string, byte[]> files, long seed, string folder)
    {
        using var model = Create(files, seed);
        model.Save(folder, model.Config.DataType switch { "bfloat16" => ScalarType.BFloat16, "float16" => ScalarType.Float16, _ => ScalarType.Float32 });
    }

    /// <summary>A model with random f32 weights: normal with the configuration's initializer_range, biases 0, norms 1.</summary>
    public static Qwen2VLModel Create(IReadOnlyDictionary<string, byte[]> files, long seed)
    {
        var folder = ModelFolder.Of("the new model", new SortedDictionary<string, byte[]>(files.ToDictionary(f => f.Key, f => f.Value), StringComparer.Ordinal));
        var names = folder.Config.Family == ModelFamily.Qwen3VL ? NameStyle.Nested : NameStyle.Flat;
        var model = new Qwen2VLModel(folder, names, ScalarType.Float32, CPU);
        using var off = no_grad();
        foreach (var name in model.Weights.Names)
        {
            var weight = model.Weights[name];
            switch (model.Weights.StartOf(name))
            {
                case WeightStart.Zeros:
                    weight.zero_();
                    break;
                case WeightStart.Ones:
                    weight.zero_().Add(1.0);
                    break;
                default:
                    FillNormal(weight, (float)folder.Config.Text.InitializerRange, SeedStream.Mix(seed, SeedStream.Hash(name)));
                    break;
            }
        }
        return model;
    }

    private static unsafe void FillNormal(Tensor weight, float deviation, ulong seed)
    {
        var (start, count) = ((IntPtr)TensorMemory.Address(weight), weight.numel());
        Parallel.For(0, (count + Block - 1) / Block, block =>
        {
            var stream = new SeedStream(SeedStream.Mix((long)seed, (ulong)block));
            var values = new Span<float>((float*)start + block * Block, (int)Math.Min(Block, count - block * Block));
            for (var i = 0; i < values.Length; i += 2)
            {
                var (a, b) = stream.NextNormals();
                values[i] = a * deviation;
                if (i + 1 < values.Length)
                    values[i + 1] = b * deviation;
            }
        });
    }
}
