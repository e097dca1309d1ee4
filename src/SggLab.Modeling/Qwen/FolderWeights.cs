using System.Text.Json;
using SggLab.Contracts;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>The weights of a folder, in one safetensors file or in shards named by an index. Nothing is read but headers.</summary>
internal sealed class FolderWeights : IDisposable
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";

    private readonly string _folder;
    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _byName = new(StringComparer.Ordinal);

    private FolderWeights(string folder) => _folder = folder;

    public NameStyle Names => _byName.Keys.Any(n => n.StartsWith("model.language_model.", StringComparison.Ordinal)) ? NameStyle.Nested : NameStyle.Flat;

    public static FolderWeights Open(string folder)
    {
        var weights = new FolderWeights(folder);
        try
        {
            var index = Path.Combine(folder, Index);
            if (File.Exists(index) && File.Exists(Path.Combine(folder, Single)))
                throw new LabException($"{folder} holds both {Single} and {Index}: which are the weights? Remove one.");
            if (File.Exists(index))
                weights.OpenShards(index);
            else if (File.Exists(Path.Combine(folder, Single)))
                weights.OpenFile(Single, null);
            else
                throw new LabException($"{folder} holds neither {Single} nor {Index}: there are no weights to load.");
            weights.RefuseStrays();
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>A shard that nothing names belongs to another download, or the index does.</summary>
    private void RefuseStrays()
    {
        foreach (var stray in Directory.EnumerateFiles(_folder, "model*.safetensors").Where(f => _files.All(o => Path.GetFileName(o.Path) != Path.GetFileName(f))).Order(StringComparer.Ordinal))
            throw new LabException($"{stray} is not one of the folder's weights ({string.Join(", ", _files.Select(f => Path.GetFileName(f.Path)))}). Remove it, or the files that it does not belong to.");
    }

    private void OpenShards(string index)
    {
        Dictionary<string, string> map;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(index));
            map = document.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString() ?? "", StringComparer.Ordinal);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new LabException($"{index} is not an index of shards (an object with weight_map): {e.Message}");
        }
        foreach (var shard in map.GroupBy(p => p.Value, p => p.Key, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            if (shard.Key != Path.GetFileName(shard.Key) || shard.Key.Length == 0)
                throw new LabException($"{index} names the shard \"{shard.Key}\"; a shard is a file of the same folder.");
            if (!File.Exists(Path.Combine(_folder, shard.Key)))
                throw new LabException($"{_folder} lacks the shard {shard.Key}, which {Index} names for {shard.Count()} tensors ({shard.First()}, …). Download it.");
            OpenFile(shard.Key, [.. shard]);
        }
    }

    private void OpenFile(string name, IReadOnlyList<string>? expected)
    {
        var file = SafetensorsFile.Open(Path.Combine(_folder, name));
        _files.Add(file);
        foreach (var tensor in expected ?? [.. file.Entries.Keys])
        {
            if (!file.Entries.ContainsKey(tensor))
                throw new LabException($"{file.Path} holds no tensor {tensor}, which {Index} says it does.");
            _byName[tensor] = file;
        }
        var unnamed = file.Entries.Keys.FirstOrDefault(t => !_byName.TryGetValue(t, out var holder) || holder != file);
        if (unnamed is not null)
            throw new LabException($"{file.Path} holds the tensor {unnamed}, which {Index} does not say it does.");
    }

    /// <summary>Fails where the configuration has more layers than there are tensors, before so many layers are made.</summary>
    public void CheckDepth(ModelConfig config, string folder)
    {
        foreach (var (key, layers) in new[] { ("num_hidden_layers", config.Text.Layers), ("vision_config.depth", config.Vision.Depth) })
        {
            if (layers > _byName.Count)
                throw new LabException($"{Path.Combine(folder, "config.json")}: {key} is {layers}, but the weights beside it are only {_byName.Count} tensors. Does config.json belong to these weights?");
        }
    }

    /// <summary>A weight as the files have it.</summary>
    public Tensor Read(string name) => _byName[name].Read(name);

    /// <summary>Copies every weight of the model from the files, after checking that all fit; one tensor at a time.</summary>
    public void ReadInto(Qwen2VLModel model)
    {
        Check(model);
        using var off = no_grad();
        foreach (var name in model.Weights.Names)
            _byName[name].ReadInto(name, model.Weights[name]);
    }

    /// <summary>Fails unless every weight of the model is there in its shape, and nothing else is.</summary>
    public void Check(Qwen2VLModel model)
    {
        var weights = model.Weights;
        foreach (var name in weights.Names)
            Check(name, weights[name].shape);
        var known = weights.Names.ToHashSet(StringComparer.Ordinal);
        foreach (var (name, file) in _byName)
        {
            if (!known.Contains(name) && !Ignored(name, model.Config))
                throw new LabException($"{file.Path} holds the tensor {name}, which a {model.Config.Family} model of this configuration does not have. Does config.json belong to these weights?");
        }
    }

    private void Check(string name, long[] wanted)
    {
        if (!_byName.TryGetValue(name, out var file))
            throw new LabException($"The weights in {_folder} lack the tensor {name} of shape [{string.Join(", ", wanted)}], which config.json asks for.");
        var entry = file.Entries[name];
        if (!entry.Shape.SequenceEqual(wanted))
            throw new LabException($"{file.Path}, tensor {name}: its shape is [{string.Join(", ", entry.Shape)}], config.json asks for [{string.Join(", ", wanted)}].");
        if (entry.Type is not ("F32" or "F16" or "BF16" or "F64"))
            throw new LabException($"{file.Path}, tensor {name}: weights of type {entry.Type} are not supported; F32, F16 and BF16 are.");
    }

    // Some writers store the head of a tied model although it is the embedding, others a buffer that follows from the configuration.
    private static bool Ignored(string name, ModelConfig config) =>
        (config.TieWordEmbeddings && name == "lm_head.weight") || name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal) || name.EndsWith("rotary_pos_emb.inv_freq", StringComparison.Ordinal);

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }
}
