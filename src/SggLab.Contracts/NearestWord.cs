namespace SggLab.Contracts;

/// <summary>Finds the word that a mistyped one was probably meant to be.</summary>
public static class NearestWord
{
    // Longer words are no names of ours; the distance need not be known.
    private const int Longest = 64;

    /// <summary>The known word that takes the fewest changes; null where none is near.</summary>
    public static string? Of(string word, IEnumerable<string> known)
    {
        var nearest = known.MinBy(name => Distance(word, name));
        return nearest is not null && Distance(word, nearest) is var distance && distance <= Math.Max(2, word.Length / 3) && distance < word.Length ? nearest : null;
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= Math.Min(a.Length, Longest); i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (corner, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }
}
