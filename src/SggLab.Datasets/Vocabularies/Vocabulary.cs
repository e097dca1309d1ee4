using System.Text.Json;

namespace SggLab.Datasets;

/// <summary>The names that a data set's graphs are made of, in the order in which its files count them.</summary>
public sealed record Vocabulary(IReadOnlyList<string> Objects, IReadOnlyList<string> Predicates)
{
    private static readonly Lazy<Lists> Vg150Lists = new(() => Read("vg150"));
    private static readonly Lazy<Lists> PsgLists = new(() => Read("psg"));

    private sealed record Lists(string[]? Objects, string[]? Things, string[]? Stuff, string[] Predicates, string[]? BaseObjects, string[]? BasePredicates);

    /// <summary>The 150 classes and 50 predicates of Visual Genome's common split, as VG-SGG-dicts-with-attri.json numbers them from 1.</summary>
    public static Vocabulary Vg150 { get; } = new(Vg150Lists.Value.Objects!, Vg150Lists.Value.Predicates);

    /// <summary>PSG's 80 things and 53 kinds of stuff, numbered from 0, and its 56 predicates.</summary>
    public static Vocabulary Psg { get; } = new([.. PsgLists.Value.Things!, .. PsgLists.Value.Stuff!], PsgLists.Value.Predicates);

    /// <summary>The 105 classes and 35 predicates of VG150 that the open-vocabulary split trains on (prompt_gallery.py).</summary>
    public static Vocabulary Vg150Base { get; } = new(Vg150Lists.Value.BaseObjects!, Vg150Lists.Value.BasePredicates!);

    private static Lists Read(string name)
    {
        using var stream = typeof(Vocabulary).Assembly.GetManifestResourceStream("vocabularies/" + name)!;
        return JsonSerializer.Deserialize<Lists>(stream, Naming)!;
    }

    private static JsonSerializerOptions Naming => new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
}
