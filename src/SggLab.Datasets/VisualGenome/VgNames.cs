using System.Globalization;
using System.Text.Json;

namespace SggLab.Datasets.VisualGenome;

/// <summary>The names behind the numbers of an h5 file. Number 0 is the background and never an annotation.</summary>
/// <param name="Source">The dictionary's path, or "the built-in VG150 names".</param>
/// <param name="Labels">Name of label n at n - 1; likewise the others.</param>
internal sealed record VgNames(string Source, IReadOnlyList<string> Labels, IReadOnlyList<string> Predicates, IReadOnlyList<string> Attributes)
{
    public static VgNames BuiltIn { get; } = new("the built-in VG150 names", Vocabulary.Vg150.Objects, Vocabulary.Vg150.Predicates, []);

    /// <summary>Reads VG-SGG-dicts-with-attri.json.</summary>
    /// <exception cref="DatasetException">Not JSON, or numbers that do not run from 1 without a gap.</exception>
    public static VgNames Read(string path)
    {
        using var document = JsonFile.Parse(path);
        try
        {
            return Read(path, document.RootElement);
        }
        catch (InvalidOperationException e)
        {
            throw JsonFile.NoText(path, null, null, e);
        }
    }

    private static VgNames Read(string path, JsonElement root) =>
        new(path, Names(path, root, "idx_to_label", required: true), Names(path, root, "idx_to_predicate", required: true), Names(path, root, "idx_to_attribute", required: false));

    private static string[] Names(string path, JsonElement root, string key, bool required)
    {
        DatasetException Bad(string problem) => new(path, null, key, problem);
        if (root.ValueKind != JsonValueKind.Object) throw Bad($"the file holds a JSON {root.ValueKind}; expected an object with idx_to_label and idx_to_predicate");
        if (!root.TryGetProperty(key, out var map)) return required ? throw Bad("the key is missing; expected an object of number to name") : [];
        if (map.ValueKind != JsonValueKind.Object) throw Bad($"a JSON {map.ValueKind}; expected an object of number to name");
        var names = new SortedDictionary<int, string>();
        foreach (var entry in map.EnumerateObject())
        {
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || entry.Value.ValueKind != JsonValueKind.String)
                throw Bad($"the entry \"{entry.Name}\" is not a number with a name");
            names[number] = entry.Value.GetString()!;
        }
        for (var i = 1; i <= names.Count; i++)
            if (!names.ContainsKey(i)) throw Bad($"has {names.Count} entries, but none for {i}; expected 1 to {names.Count} without a gap");
        return [.. names.Values];
    }
}
