using System.Globalization;
using System.Text;

namespace SggLab.SceneGraphs.Similarity.SpacySm;

/// <summary>What the network sees of a word beside its norm, in code points.</summary>
internal static class WordFeatures
{
    public static string Prefix(string word) => Rune.GetRuneAt(word, 0).ToString();

    /// <summary>The last three characters.</summary>
    public static string Suffix(string word)
    {
        var start = word.Length;
        for (var taken = 0; taken < 3 && start > 0; taken++)
            start -= start >= 2 && char.IsSurrogatePair(word[start - 2], word[start - 1]) ? 2 : 1;
        return word[start..];
    }

    /// <summary>Letters as X or x, digits as d, others as they are, no more than four of a kind in a row; LONG from 100 characters.</summary>
    public static string Shape(string word)
    {
        var shape = new StringBuilder(word.Length);
        var count = 0;
        var last = "";
        var repeats = 0;
        foreach (var rune in word.EnumerateRunes())
        {
            if (++count >= 100) return "LONG";
            var mark = MarkOf(rune);
            repeats = mark == last ? repeats + 1 : 0;
            last = mark;
            if (repeats < 4) shape.Append(mark);
        }
        return shape.ToString();
    }

    private static string MarkOf(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter => "X",
        UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => "x",
        UnicodeCategory.DecimalDigitNumber => "d",
        // Superscripts, circled and other digits that Python's isdigit takes.
        UnicodeCategory.OtherNumber when CharUnicodeInfo.GetDigitValue(rune.ToString(), 0) >= 0 => "d",
        _ => rune.ToString(),
    };
}
