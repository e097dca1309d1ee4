using SggLab.Contracts;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Vocabularies;

/// <summary>The closed list of categories and predicates that a data set is scored on, and how other words lead to it.</summary>
public sealed class Vocabulary
{
    private readonly Dictionary<string, int> _objectLabels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _predicateLabels = new(StringComparer.Ordinal);
    private readonly string[] _refinedPredicates;

    internal Vocabulary(string name, IReadOnlyList<string> objects, IReadOnlyList<string> predicates, int firstObjectLabel)
    {
        Name = name;
        Objects = objects;
        Predicates = predicates;
        FirstObjectLabel = firstObjectLabel;
        for (var i = 0; i < objects.Count; i++) _objectLabels[GraphNames.Refine(objects[i])] = firstObjectLabel + i;
        _refinedPredicates = [.. predicates.Select(GraphNames.Refine)];
        for (var i = 0; i < predicates.Count; i++) _predicateLabels[_refinedPredicates[i]] = i + 1;
    }

    public string Name { get; }

    /// <summary>Category names as the data set writes them, in label order.</summary>
    public IReadOnlyList<string> Objects { get; }

    /// <summary>Predicate names in label order; the first has label 1.</summary>
    public IReadOnlyList<string> Predicates { get; }

    /// <summary>1 where label 0 means background (VG150, own vocabularies), 0 in PSG.</summary>
    public int FirstObjectLabel { get; }

    internal IReadOnlyDictionary<string, string> ObjectSynonyms { get; init; } = new Dictionary<string, string>();
    internal IReadOnlyDictionary<string, string> PredicateSynonyms { get; init; } = new Dictionary<string, string>();
    internal IReadOnlyDictionary<string, PassivePredicate> Passives { get; init; } = new Dictionary<string, PassivePredicate>();
    internal SynonymTable? ObjectWordNet { get; init; }
    internal SynonymTable? PredicateWordNet { get; init; }

    /// <summary>Categories that are taken as they are, before any table is asked: the objects themselves, but PSG's predicates (see docs/metrics.md).</summary>
    internal IReadOnlySet<string>? UnmappedObjects { get; init; }

    /// <summary>Triplets (subject, predicate and object labels) that no training image has; null where none are known.</summary>
    internal IReadOnlySet<(int Subject, int Object, int Predicate)>? ZeroShot { get; init; }

    /// <summary>A vocabulary of one's own: names count only as they are written (after normalisation); no synonyms, no zero-shot list.</summary>
    /// <param name="source">Where it was read, for messages; null for its name.</param>
    /// <exception cref="LabException">Two objects, or two predicates, are one name after normalisation.</exception>
    public static Vocabulary Of(string name, IReadOnlyList<string> objects, IReadOnlyList<string> predicates, string? source = null)
    {
        MustDiffer(objects, $"{source ?? name}: its objects");
        MustDiffer(predicates, $"{source ?? name}: its predicates");
        return new(name, objects, predicates, 1);
    }

    private static void MustDiffer(IReadOnlyList<string> names, string whose)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            if (seen.TryAdd(GraphNames.Refine(names[i]), i)) continue;
            var first = seen[GraphNames.Refine(names[i])];
            throw new LabException($"{whose} {first + 1} (\"{names[first]}\") and {i + 1} (\"{names[i]}\") are one name once written alike (\"_\" and \"-\" as spaces, stripped, lower case); leave one of them out.");
        }
    }

    public string ObjectName(int label) => Objects[label - FirstObjectLabel];

    public string PredicateName(int label) => Predicates[label - 1];

    /// <summary>The label of a category as the data set writes it.</summary>
    public bool TryGetObjectLabel(string name, out int label) => _objectLabels.TryGetValue(GraphNames.Refine(name), out label);

    /// <summary>The label (from 1) of a predicate as the data set writes it.</summary>
    public bool TryGetPredicateLabel(string name, out int label) => _predicateLabels.TryGetValue(GraphNames.Refine(name), out label);

    /// <summary>A predicate's normalised name.</summary>
    internal string RefinedPredicate(int label) => _refinedPredicates[label - 1];

    /// <summary>Finds the category that a predicted, normalised name stands for.</summary>
    /// <param name="target">The category's normalised name.</param>
    /// <returns>False for a name that leads to none: the object is dropped.</returns>
    internal bool TryMapObject(string category, out string target, out int label)
    {
        target = category;
        if (!(UnmappedObjects?.Contains(category) ?? _objectLabels.ContainsKey(category)))
        {
            if (ObjectSynonyms.TryGetValue(category, out var synonym)) target = synonym;
            else if (ObjectWordNet?.Find(category) is { } found) target = found;
        }
        return _objectLabels.TryGetValue(target, out label);
    }

    /// <summary>Finds the label of a predicted, normalised predicate once its passive is turned.</summary>
    internal bool TryMapPredicate(string predicate, out int label)
    {
        if (_predicateLabels.TryGetValue(predicate, out label)) return true;
        if (PredicateSynonyms.TryGetValue(predicate, out var synonym)) return _predicateLabels.TryGetValue(synonym, out label);
        return PredicateWordNet?.Find(predicate) is { } found && _predicateLabels.TryGetValue(found, out label);
    }

    internal bool HasPredicate(string predicate) => _predicateLabels.ContainsKey(predicate);
}
