using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Python;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>Names seen so far, by their text, and how alike their categories are. Not thread-safe: each scorer's scratch has its own.</summary>
internal sealed class NameTable
{
    // Models invent names without end: past these numbers the tables start anew, between two cases.
    private const int MaxNames = 50_000;
    private const int MaxPairs = 1_000_000;

    private readonly Dictionary<string, Name> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Name>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly Dictionary<string, int> _refined = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _categories = new(StringComparer.Ordinal);
    private readonly List<string> _categoryTexts = [];
    private readonly Dictionary<long, double> _similarities = [];
    private readonly ICategorySimilarity _similarity;

    public NameTable(ICategorySimilarity similarity)
    {
        _similarity = similarity;
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
        return name;
    }

    /// <summary>The similarity of two categories; NaN where the reference raises.</summary>
    public double Similarity(int a, int b)
    {
        var key = a < b ? ((long)a << 32) | (uint)b : ((long)b << 32) | (uint)a;
        if (_similarities.TryGetValue(key, out var known)) return known;
        var value = _similarity.TryCompare(_categoryTexts[a], _categoryTexts[b], out var similarity) ? similarity : double.NaN;
        _similarities.Add(key, value);
        return value;
    }

    public string CategoryText(int category) => _categoryTexts[category];

    public void ForgetIfFull()
    {
        if (_names.Count < MaxNames && _similarities.Count < MaxPairs) return;
        _names.Clear();
        _refined.Clear();
        _categories.Clear();
        _categoryTexts.Clear();
        _similarities.Clear();
    }

    private int CategoryNumber(string category)
    {
        var number = NumberOf(_categories, category);
        if (number == _categoryTexts.Count) _categoryTexts.Add(category);
        return number;
    }

    private static int NumberOf(Dictionary<string, int> numbers, string text)
    {
        if (!numbers.TryGetValue(text, out var number)) numbers.Add(text, number = numbers.Count);
        return number;
    }
}
