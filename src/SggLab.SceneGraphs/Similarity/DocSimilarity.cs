using System.Collections.Concurrent;

namespace SggLab.SceneGraphs.Similarity;

/// <summary>A similarity by one vector a name; the vectors are kept.</summary>
public abstract class DocSimilarity : ICategorySimilarity
{
    /// <summary>How much of a name the rewards compare: a category is a few words, and the time of a longer one is not worth its figure.</summary>
    public const int LongestName = 200;

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
        var made = Make(text);
        // What is no name would fill the memory and hardly come again.
        if (text.Length > LongestName) return made;
        if (_docs.Count >= MaxDocs) _docs.Clear();
        return _docs.GetOrAdd(text, made);
    }

    /// <summary>The doc of the first <see cref="LongestName"/> characters.</summary>
    internal Doc? DocOfName(string name) => DocOf(Start(name, LongestName));

    /// <summary>The first characters of a text, without half a surrogate pair at the cut.</summary>
    private protected static string Start(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private protected abstract Doc? Make(string text);
}
