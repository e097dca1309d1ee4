namespace SggLab.SceneGraphs.Completions;

/// <summary>A value that the lenient reader made out: text, number, list, object, or nothing.</summary>
internal abstract record LenientValue
{
    public sealed record Text(string Value) : LenientValue;

    public sealed record Number(double Value) : LenientValue;

    public sealed record List(IReadOnlyList<LenientValue> Items) : LenientValue;

    public sealed record Map(IReadOnlyDictionary<string, LenientValue> Members) : LenientValue;

    /// <summary>null, true, false, and words that mean nothing.</summary>
    public sealed record Other : LenientValue;
}
