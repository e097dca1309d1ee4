using System.Collections.Concurrent;

namespace SggLab.SceneGraphs.Similarity;

/// <summary>A similarity by one vector a name; the vectors are kept.</summary>
public abstract class DocSimilarity : ICategorySimilarity
{
    // Models invent names without end; starting anew costs only time.
    private const int MaxDocs = 50_000;

    private readonly ConcurrentDictionary<string, Doc?> _docs = new(StringComparer.Ordinal);

    private protected DocSimilarity(string name) => Name = name;

    public string Name { get; }

    public bool TryCompare(string a, string b, out double similarity)
    {
        similarity = 0;
        if (DocOf(a) is not { } first || DocOf(b) is not { } second) return false;
        similarity = Doc.Similarity(first, second);
        return true;
    }

    /// <summary>Null for a text that the reference's library raises on.</summary>
    internal Doc? DocOf(string text)
    {
        if (_docs.TryGetValue(text, out var known)) return known;
        if (_docs.Count >= MaxDocs) _docs.Clear();
        return _docs.GetOrAdd(text, Make(text));
    }

    private protected abstract Doc? Make(string text);
}
