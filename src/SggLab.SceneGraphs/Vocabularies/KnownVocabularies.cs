using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.SceneGraphs.Vocabularies;

/// <summary>The vocabularies of the paper's data sets, with the reference's synonym lists.</summary>
public static class KnownVocabularies
{
    private static readonly Lazy<Vocabulary> LazyVg150 = new(MakeVg150);
    private static readonly Lazy<Vocabulary> LazyPsg = new(MakePsg);

    /// <summary>Visual Genome's 150 categories and 50 predicates.</summary>
    public static Vocabulary Vg150 => LazyVg150.Value;

    /// <summary>Panoptic Scene Graph: 80 things, then 53 stuff categories, and 56 predicates.</summary>
    public static Vocabulary Psg => LazyPsg.Value;

    public static Vocabulary Find(string name) => name switch
    {
        "vg150" => Vg150,
        "psg" => Psg,
        _ => throw new LabException($"There is no vocabulary \"{name}\". Known: vg150, psg."),
    };

    private static Vocabulary MakeVg150()
    {
        using var names = Read("vocab.json");
        using var synonyms = Read("synonym-tables.json");
        using var wordNet = Read("wordnet-synonyms.json");
        string[] objects = [.. Texts(names, "vg150_objects").Skip(1)];
        string[] predicates = [.. Texts(names, "vg150_predicates").Skip(1)];
        return new Vocabulary("vg150", objects, predicates, 1)
        {
            ObjectSynonyms = Pairs(synonyms, "obj2vg"),
            PredicateSynonyms = Pairs(synonyms, "rel2vg"),
            Passives = PassivesOf(synonyms),
            ObjectWordNet = new SynonymTable(objects.ToHashSet(StringComparer.Ordinal), Map(wordNet, "vg150_objects")),
            PredicateWordNet = new SynonymTable(predicates.ToHashSet(StringComparer.Ordinal), Map(wordNet, "vg150_predicates")),
            ZeroShot = ZeroShotTriplets(),
        };
    }

    // The reference looks for the WordNet synonyms of PSG's objects among its predicates, so that an unknown object has none; and it takes VG150's
    // zero-shot triplets for PSG's labels. EvaluationProtocol says whether the latter counts.
    private static Vocabulary MakePsg()
    {
        using var names = Read("vocab.json");
        using var synonyms = Read("synonym-tables.json");
        using var wordNet = Read("wordnet-synonyms.json");
        string[] predicates = [.. Texts(names, "psg_predicates").Skip(1)];
        var predicateSet = predicates.ToHashSet(StringComparer.Ordinal);
        var predicateWordNet = new SynonymTable(predicateSet, Map(wordNet, "psg_predicates"));
        return new Vocabulary("psg", [.. Texts(names, "psg_things"), .. Texts(names, "psg_stuff")], predicates, 0)
        {
            ObjectSynonyms = Pairs(synonyms, "obj2psg"),
            Passives = PassivesOf(synonyms),
            UnmappedObjects = predicateSet,
            ObjectWordNet = predicateWordNet,
            PredicateWordNet = predicateWordNet,
            ZeroShot = ZeroShotTriplets(),
        };
    }

    private static JsonDocument Read(string file)
    {
        using var stream = typeof(KnownVocabularies).Assembly.GetManifestResourceStream($"vocabularies/{file}")
            ?? throw new InvalidOperationException($"The assembly lacks its resource vocabularies/{file}.");
        return JsonDocument.Parse(stream);
    }

    private static IEnumerable<string> Texts(JsonDocument document, string list) =>
        document.RootElement.GetProperty(list).EnumerateArray().Select(e => e.GetString()!);

    private static Dictionary<string, string> Map(JsonDocument document, string table) =>
        document.RootElement.GetProperty(table).EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal);

    // Of two rows with one source the later stands.
    private static Dictionary<string, string> Pairs(JsonDocument document, string list)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var row in document.RootElement.GetProperty(list).EnumerateArray())
            pairs[row.GetProperty("source").GetString()!] = row.GetProperty("target").GetString()!;
        return pairs;
    }

    private static Dictionary<string, PassivePredicate> PassivesOf(JsonDocument document)
    {
        var passives = new Dictionary<string, PassivePredicate>(StringComparer.Ordinal);
        foreach (var row in document.RootElement.GetProperty("pass2act").EnumerateArray())
            passives[row.GetProperty("source").GetString()!] = new PassivePredicate(row.GetProperty("target").GetString()!, row.GetProperty("passive").GetInt32() == 1);
        return passives;
    }

    private static HashSet<(int, int, int)> ZeroShotTriplets()
    {
        using var document = Read("zeroshot-triplets.json");
        return [.. document.RootElement.GetProperty("triplets").EnumerateArray().Select(t => (t[0].GetInt32(), t[1].GetInt32(), t[2].GetInt32()))];
    }
}
