namespace SggLab.Training.Optimization;

/// <summary>Which weights a list of patterns means: a plain text anywhere in the name, or with * for any characters the whole name.</summary>
public static class NamePatterns
{
    public static bool Match(IReadOnlyList<string> patterns, string name) => patterns.Any(pattern =>
        pattern.Contains('*', StringComparison.Ordinal) ? Fits(pattern, name) : name.Contains(pattern, StringComparison.Ordinal));

    /// <summary>Greedy from the left: each piece between stars at its first place after the one before; first and last piece at the ends.</summary>
    private static bool Fits(string pattern, string name)
    {
        var pieces = pattern.Split('*');
        if (!name.StartsWith(pieces[0], StringComparison.Ordinal))
            return false;
        var at = pieces[0].Length;
        foreach (var piece in pieces[1..^1])
        {
            var found = name.IndexOf(piece, at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + piece.Length;
        }
        return name.Length - at >= pieces[^1].Length && name.EndsWith(pieces[^1], StringComparison.Ordinal);
    }
}
