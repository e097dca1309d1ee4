using System.Runtime.InteropServices;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Python;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>Names seen so far, by their text, and how alike their categories are. Not thread-safe: each scorer's scratch has its own.</summary>
internal sealed class NameTable
{
    /// <summary>
    /// Characters of distinct categories that one case may have compared, in the order in which they are met; what comes later is unlike every
    /// other name. Only megabytes of invented names get there, and each new one costs a run of a network.
    /// </summary>
    public const int MaxCompared = 30_000;

    // Models invent names without end: past so many the table starts anew, between two cases.
    private const int MaxCharacters = 500_000;

    private readonly Dictionary<string, Name> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Name>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly Dictionary<string, int> _refined = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _categories = new(StringComparer.Ordinal);
    private readonly List<string> _categoryTexts = [];
    private readonly List<CategoryDoc> _categoryDocs = [];
    private readonly ICategorySimilarity _similarity;
    private readonly DocSimilarity? _docs;
    private int _characters;
    private int _case;
    private int _compared;

    /// <param name="Case">The last case that compared it, as <paramref name="Used"/>.</param>
    private record struct CategoryDoc(int Case, Doc? Used, bool IsMade, Doc? Made);

    public NameTable(ICategorySimilarity similarity)
    {
        _similarity = similarity;
        _docs = similarity as DocSimilarity;
        _bySpan = _names.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public Name Get(ReadOnlySpan<char> raw)
    {
        if (_bySpan.TryGetValue(raw, out var known)) return known;
        var text = raw.ToString();
        var refined = GraphNames.Refine(text);
        var name = new Name
        {
            Raw = text,
            Refined = refined,
            RefinedId = NumberOf(_refined, refined),
            RefinedCategory = CategoryNumber(GraphNames.CategoryOf(refined)),
            RawCategory = CategoryNumber(PythonText.Lower(GraphNames.CategoryOf(text))),
        };
        _names.Add(text, name);
        _characters += text.Length;
        return name;
    }

    /// <summary>The similarity of two categories; NaN where the reference raises.</summary>
    /// <remarks>Of vectors it is worked out each time: 96 products take less than finding the pair in a table that fits no cache.</remarks>
    public double Similarity(int a, int b)
    {
        if (_docs is not null) return DocOf(_docs, a) is { } first && DocOf(_docs, b) is { } second ? Doc.Similarity(first, second) : double.NaN;
        return _similarity.TryCompare(_categoryTexts[a], _categoryTexts[b], out var similarity) ? similarity : double.NaN;
    }

    // Made when first compared: the hard reward never does.
    private Doc? DocOf(DocSimilarity docs, int category)
    {
        ref var entry = ref CollectionsMarshal.AsSpan(_categoryDocs)[category];
        if (entry.Case == _case) return entry.Used;
        entry.Case = _case;
        _compared += Math.Min(_categoryTexts[category].Length, DocSimilarity.LongestName);
        // A vector without length is like nothing but itself.
        if (_compared > MaxCompared) return entry.Used = new Doc([_categoryTexts[category]], []);
        if (!entry.IsMade) (entry.IsMade, entry.Made) = (true, docs.DocOfName(_categoryTexts[category]));
        return entry.Used = entry.Made;
    }

    /// <summary>Call between two cases, when no name is in use.</summary>
    public void StartCase()
    {
        _case++;
        _compared = 0;
        if (_characters < MaxCharacters) return;
        _characters = 0;
        _names.Clear();
        _refined.Clear();
        _categories.Clear();
        _categoryTexts.Clear();
        _categoryDocs.Clear();
    }

    private int CategoryNumber(string category)
    {
        var number = NumberOf(_categories, category);
        if (number == _categoryTexts.Count)
        {
            _categoryTexts.Add(category);
            _categoryDocs.Add(default);
        }
        return number;
    }

    private static int NumberOf(Dictionary<string, int> numbers, string text)
    {
        if (!numbers.TryGetValue(text, out var number)) numbers.Add(text, number = numbers.Count);
        return number;
    }
}
