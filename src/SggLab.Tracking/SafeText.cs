using System.Text;

namespace SggLab.Tracking;

/// <summary>Text that a text or jsonb column takes: no NUL, no lone surrogate.</summary>
internal static class SafeText
{
    public static string Of(string text, int longest = 4000)
    {
        var cut = text.Length > longest ? text[..longest] : text;
        return cut.EnumerateRunes().Aggregate(new StringBuilder(cut.Length), (clean, rune) => clean.Append(rune.Value == 0 ? "\ufffd" : rune.ToString())).ToString();
    }
}
