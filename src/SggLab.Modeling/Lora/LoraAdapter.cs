using System.Text.Json;
using System.Text.Json.Nodes;
using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>
/// A LoRA adapter attached to a model: small matrices whose product is added to the weights of chosen layers. Written and
/// read as peft does. Training it leaves the model's own weights as they are (ask <see cref="WeightSet.Train"/> for none).
/// </summary>
public sealed class LoraAdapter : IDisposable
{
    private const string ConfigFile = "adapter_config.json";
    private const string WeightsFile = "adapter_model.safetensors";
    private const string Prefix = "base_model.model.";

    private readonly Qwen2VLModel _model;
    private readonly Dictionary<string, (Linear Linear, LayerShape Shape)> _layers = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);
    private bool _enabled = true;

    private LoraAdapter(Qwen2VLModel model, LoraSettings settings)
    {
        _model = model;
        Settings = settings;
    }

    public LoraSettings Settings { get; }

    /// <summary>The adapter's matrices by the names they have in peft's file.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => _tensors;

    /// <summary>Layers that it changes, and those that the model has.</summary>
    public (int Changed, int All) Layers => (_layers.Count, _model.Weights.Linears.Count);

    /// <summary>Whether the model computes with the adapter; without it the model is its own frozen reference. A <see cref="Decoder"/> sees the change after a refresh.</summary>
    public bool Enabled
    {
        get => _enabled;
        set
        {
            _enabled = value;
            foreach (var (layer, _) in _layers.Values)
                layer.adapter!.Enabled = value;
        }
    }

    /// <summary>A fresh adapter that changes nothing yet: A uniform as peft begins it, B zero.</summary>
    /// <exception cref="LabException">A target module means no layer of the model.</exception>
    public static LoraAdapter Create(Qwen2VLModel model, LoraSettings settings, long seed)
    {
        var adapter = new LoraAdapter(model, settings);
        foreach (var path in TargetPaths(model, settings.TargetModules))
        {
            var layer = model.Weights.Linears[path];
            var (to, from) = (layer.weight.size(0), layer.weight.size(1));
            var shape = settings.Of(NestedPath(path));
            var a = empty([shape.Rank, from], ScalarType.Float32);
            FillUniform(a, 1 / Math.Sqrt(from), SeedStream.Mix(seed, SeedStream.Hash(path)));
            adapter.Attach(path, layer, shape, a, zeros([to, shape.Rank], ScalarType.Float32));
        }
        return adapter;
    }

    /// <summary>Paths of the layers that target modules mean, in the model's order: those that are one of them or end with one.</summary>
    /// <exception cref="LabException">One of them means no layer of the model.</exception>
    public static IReadOnlyList<string> TargetPaths(Qwen2VLModel model, IReadOnlyList<string> targetModules)
    {
        var paths = model.Weights.Linears.Keys;
        bool Means(string target, string path) => path == target || path.EndsWith("." + target, StringComparison.Ordinal);
        if (targetModules.FirstOrDefault(target => !paths.Any(path => Means(target, path))) is { } unknown)
            throw new LabException($"No layer of the model ends with the target module {unknown}; the language model has {string.Join(", ", LoraSettings.TextLayers)}.");
        return [.. paths.Where(path => targetModules.Any(target => Means(target, path)))];
    }

    /// <param name="folder">Holds adapter_config.json and adapter_model.safetensors.</param>
    /// <exception cref="LabException">A file is missing, a tensor belongs to no layer of the model, or its shape does not fit.</exception>
    public static LoraAdapter Load(Qwen2VLModel model, string folder)
    {
        var config = Path.Combine(folder, ConfigFile);
        if (!File.Exists(config))
            throw new LabException($"{config} is missing: {folder} is not a peft adapter.");
        var adapter = new LoraAdapter(model, LoraSettings.Parse(File.ReadAllBytes(config), config));
        using var file = SafetensorsFile.Open(Path.Combine(folder, WeightsFile));
        try
        {
            foreach (var name in file.Entries.Keys.Where(n => n.EndsWith(".lora_A.weight", StringComparison.Ordinal)))
                adapter.AttachFrom(file, name);
            var unknown = file.Entries.Keys.FirstOrDefault(n => !adapter._tensors.ContainsKey(Canonical(n)));
            if (unknown is not null)
                throw new LabException($"{file.Path} holds the tensor {unknown}, which is not a LoRA matrix of a layer.");
            if (adapter._layers.Count == 0)
                throw new LabException($"{file.Path} holds no LoRA matrices.");
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    private void AttachFrom(SafetensorsFile file, string nameOfA)
    {
        var nameOfB = nameOfA.Replace(".lora_A.", ".lora_B.", StringComparison.Ordinal);
        var module = nameOfA[..^".lora_A.weight".Length];
        var path = PathOf(module, _model.Names);
        var shape = Settings.Of(module.StartsWith(Prefix, StringComparison.Ordinal) ? module[Prefix.Length..] : module);
        if (!_model.Weights.Linears.TryGetValue(path, out var layer))
            throw new LabException($"{file.Path}, tensor {nameOfA}: the model has no layer {path}.");
        foreach (var (name, sizes) in new[] { (nameOfA, new[] { shape.Rank, layer.weight.size(1) }), (nameOfB, [layer.weight.size(0), shape.Rank]) })
        {
            if (!file.Entries.TryGetValue(name, out var entry))
                throw new LabException($"{file.Path} lacks the tensor {name}.");
            if (!entry.Shape.SequenceEqual(sizes))
                throw new LabException($"{file.Path}, tensor {name}: its shape is [{string.Join(", ", entry.Shape)}]; rank {shape.Rank} of this layer asks for [{string.Join(", ", sizes)}].");
        }
        Attach(path, layer, shape, file.Read(nameOfA, ScalarType.Float32), file.Read(nameOfB, ScalarType.Float32));
    }

    private void Attach(string path, Linear layer, LayerShape shape, Tensor a, Tensor b)
    {
        if (layer.adapter is not null)
            throw new LabException($"The layer {path} has an adapter already; merge or remove it first.");
        var low = new LowRank(Place(a), Place(b), shape.Scale);
        layer.adapter = low;
        _layers.Add(path, (layer, shape));
        var name = Prefix + NestedPath(path);
        _tensors.Add($"{name}.lora_A.weight", low.lora_A);
        _tensors.Add($"{name}.lora_B.weight", low.lora_B);
    }

    // f32 whatever the model's type, as peft keeps adapters.
    private Tensor Place(Tensor tensor) => tensor.to(_model.Weights.Device).DetachFromDisposeScope().requires_grad_(true);

    private static void FillUniform(Tensor tensor, double bound, ulong seed)
    {
        var stream = new SeedStream(seed);
        foreach (ref var value in TensorMemory.Floats(tensor))
            value = (float)(((stream.Next() >> 11) * (2.0 / (1ul << 53)) - 1) * bound);
    }

    /// <summary>Writes adapter_config.json and adapter_model.safetensors for peft.</summary>
    /// <param name="baseModel">What the configuration calls the base model: a folder or a hub name.</param>
    public void Save(string folder, string baseModel)
    {
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(Path.Combine(folder, WeightsFile), _tensors);
        var config = new JsonObject
        {
            ["base_model_name_or_path"] = baseModel,
            ["bias"] = "none",
            ["fan_in_fan_out"] = false,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["lora_alpha"] = Whole(Settings.Alpha),
            ["lora_dropout"] = 0.0,
            ["modules_to_save"] = null,
            ["peft_type"] = "LORA",
            ["r"] = Settings.Rank,
            // Whole paths, so that layers of the same name elsewhere (the vision tower's) are left alone.
            ["target_modules"] = new JsonArray([.. _layers.Keys.Select(NestedPath).Order(StringComparer.Ordinal).Select(p => (JsonNode)p).ToArray()]),
            ["task_type"] = "CAUSAL_LM",
            ["use_dora"] = false,
            ["use_rslora"] = Settings.RankStabilised,
        };
        Name("alpha_pattern", config, shape => shape.Alpha != Settings.Alpha, shape => Whole(shape.Alpha));
        Name("rank_pattern", config, shape => shape.Rank != Settings.Rank, shape => JsonValue.Create(shape.Rank));
        File.WriteAllText(Path.Combine(folder, ConfigFile), config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    /// <summary>Layers unlike the others by their whole paths, since other patterns may have been written for other names.</summary>
    private void Name(string key, JsonObject config, Func<LayerShape, bool> differs, Func<LayerShape, JsonNode> value)
    {
        var layers = _layers.Where(layer => differs(layer.Value.Shape)).OrderBy(layer => NestedPath(layer.Key), StringComparer.Ordinal).ToArray();
        if (layers.Length > 0)
            config[key] = new JsonObject(layers.Select(layer => KeyValuePair.Create(NestedPath(layer.Key), (JsonNode?)value(layer.Value.Shape))));
    }

    private static JsonValue Whole(double number) => number == Math.Floor(number) && Math.Abs(number) < long.MaxValue ? JsonValue.Create((long)number) : JsonValue.Create(number);

    /// <summary>Adds the adapter's update to the model's weights and takes the adapter off.</summary>
    public void Merge()
    {
        using (no_grad())
        using (NewDisposeScope())
        {
            foreach (var (layer, _) in _layers.Values)
                layer.weight.Add(layer.adapter!.Product().to_type(layer.weight.dtype));
        }
        Dispose();
    }

    // peft names layers by where transformers 5 has them, whatever the checkpoint calls its weights.
    internal static string NestedPath(string path) =>
        path.StartsWith("visual.", StringComparison.Ordinal) ? "model." + path
        : path.StartsWith("model.", StringComparison.Ordinal) && !path.StartsWith("model.language_model.", StringComparison.Ordinal) && !path.StartsWith("model.visual.", StringComparison.Ordinal)
            ? "model.language_model." + path["model.".Length..]
        : path;

    private static string PathOf(string name, NameStyle style)
    {
        var nested = NestedPath(name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name);
        return style == NameStyle.Nested ? nested
            : nested.Replace("model.language_model.", "model.", StringComparison.Ordinal).Replace("model.visual.", "visual.", StringComparison.Ordinal);
    }

    private static string Canonical(string name) => Prefix + NestedPath(name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name);

    public void Dispose()
    {
        foreach (var (layer, _) in _layers.Values)
            layer.adapter = null;
        _layers.Clear();
        foreach (var tensor in _tensors.Values)
            tensor.Dispose();
        _tensors.Clear();
    }
}
