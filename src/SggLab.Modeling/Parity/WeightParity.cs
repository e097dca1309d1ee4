using System.Text.Json;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Checks that a folder's weights load, and come out of saving as they went in.</summary>
internal static class WeightParity
{
    public static IEnumerable<ParityItem> Check(string folder)
    {
        var name = Path.GetFileName(folder.TrimEnd('/', '\\'));
        using var original = FolderWeights.Open(folder);
        using var model = Qwen2VLModel.Load(folder);
        long different = 0;
        foreach (var weight in model.Weights.Names)
        {
            using var scope = NewDisposeScope();
            different += Compare.Different(model.Weights[weight], original.Read(weight));
        }
        yield return ParityItem.Exact($"{name}/weights, elements that differ of {model.Weights.Count}", different);
        foreach (var item in Roundtrip(folder, name, model))
            yield return item;
        foreach (var item in SameWeights(folder, name, model))
            yield return item;
    }

    /// <summary>Saved and loaded again.</summary>
    private static IEnumerable<ParityItem> Roundtrip(string folder, string name, Qwen2VLModel model)
    {
        var temporary = Directory.CreateTempSubdirectory("sgglab-parity-").FullName;
        try
        {
            var saved = Path.Combine(temporary, "saved");
            model.Save(saved);
            using var again = Qwen2VLModel.Load(saved);
            long different = 0;
            foreach (var weight in model.Weights.Names)
            {
                using var scope = NewDisposeScope();
                different += Compare.Different(again.Weights[weight], model.Weights[weight]);
            }
            yield return ParityItem.Exact($"{name}/saved and loaded again", different);
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>A folder named X-nested holds the weights of X under the newer names.</summary>
    private static IEnumerable<ParityItem> SameWeights(string folder, string name, Qwen2VLModel model)
    {
        const string Suffix = "-nested";
        var sibling = folder.TrimEnd('/', '\\') is var path && path.EndsWith(Suffix, StringComparison.Ordinal) ? path[..^Suffix.Length] : null;
        if (sibling is null || !Directory.Exists(sibling))
            yield break;
        using var twin = Qwen2VLModel.Load(sibling);
        long different = twin.Weights.Names.Count == model.Weights.Names.Count ? 0 : 1;
        foreach (var weight in twin.Weights.Names)
        {
            using var scope = NewDisposeScope();
            different += Compare.Different(model.Weights[LoraAdapter.NestedPath(weight)], twin.Weights[weight]);
        }
        yield return ParityItem.Exact($"{name}/weights against {Path.GetFileName(sibling)}", different);
    }

    /// <summary>The configuration as newer writers have it describes the same model.</summary>
    public static IEnumerable<ParityItem> SameConfig(string folder, string file)
    {
        var ours = ModelConfig.Parse(File.ReadAllText(Path.Combine(folder, "config.json")), "config.json");
        var other = ModelConfig.Parse(File.ReadAllText(Path.Combine(folder, file)), file);
        var same = JsonSerializer.Serialize(ours) == JsonSerializer.Serialize(other);
        yield return ParityItem.Exact($"{Path.GetFileName(folder)}/{file}", same ? 0 : 1);
    }
}
