using System.Globalization;
using System.Text;

namespace SggLab.SceneGraphs.Python;

/// <summary>The string methods of Python that the reference calls, where .NET's differ from them.</summary>
public static class PythonText
{
    /// <summary>What <c>str.isspace</c> and the regex <c>\s</c> take: U+001C..1F, U+0085, U+00A0 and others too, but not U+200B or U+FEFF.</summary>
    public static bool IsSpace(char c) => c switch
    {
        <= ' ' => c is ' ' or (>= '\t' and <= '\r') or (>= '\u001c' and <= '\u001f'),
        < '\u1680' => c is '\u0085' or '\u00a0',
        _ => c is '\u1680' or (>= '\u2000' and <= '\u200a') or '\u2028' or '\u2029' or '\u202f' or '\u205f' or '\u3000',
    };

    /// <summary><c>str.strip()</c>.</summary>
    public static ReadOnlySpan<char> Strip(ReadOnlySpan<char> text)
    {
        var start = 0;
        var end = text.Length;
        while (start < end && IsSpace(text[start])) start++;
        while (end > start && IsSpace(text[end - 1])) end--;
        return text[start..end];
    }

    /// <summary><c>str.split()</c>: the words between any white space.</summary>
    public static string[] Split(string text)
    {
        var words = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var start = at;
            while (at < text.Length && !IsSpace(text[at])) at++;
            if (at > start) words.Add(text[start..at]);
            else at++;
        }
        return [.. words];
    }

    /// <summary><c>str.lower()</c>: as .NET's, but U+0130 becomes two characters and a capital sigma at a word's end becomes ς.</summary>
    public static string Lower(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', '\u007f') < 0)
            return text.AsSpan().IndexOfAnyInRange('A', 'Z') < 0 ? text : text.ToLowerInvariant();
        var lowered = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var (rune, length) = RuneAt(text, i);
            if (rune is null) lowered.Append(text[i]);
            else if (rune.Value.Value == 0x130) lowered.Append("i\u0307");
            else if (rune.Value.Value == 0x3a3) lowered.Append(IsFinalSigma(text, i) ? '\u03c2' : '\u03c3');
            else lowered.Append(Rune.ToLowerInvariant(rune.Value));
            i += length;
        }
        return lowered.ToString();
    }

    /// <summary>The code point that starts at <paramref name="index"/>; null for half a surrogate pair, which Python's strings may hold too.</summary>
    internal static (Rune? Rune, int Length) RuneAt(string text, int index) =>
        Rune.TryGetRuneAt(text, index, out var rune) ? (rune, rune.Utf16SequenceLength) : (null, 1);

    // Unicode 3.13: after a cased letter, before none, looking through what is case-ignorable.
    private static bool IsFinalSigma(string text, int sigma)
    {
        var before = sigma - 1;
        while (before >= 0 && IsCaseIgnorable(CategoryAt(text, before), text[before])) before--;
        if (before < 0 || !IsCased(CategoryAt(text, before), text[before])) return false;
        var after = sigma + 1;
        while (after < text.Length && IsCaseIgnorable(CategoryAt(text, after), text[after])) after++;
        return after == text.Length || !IsCased(CategoryAt(text, after), text[after]);
    }

    private static UnicodeCategory CategoryAt(string text, int index)
    {
        if (char.IsLowSurrogate(text[index]) && index > 0) index--;
        return CharUnicodeInfo.GetUnicodeCategory(text, index);
    }

    // The marks and modifier letters among Unicode's cased characters are case-ignorable too, and never get here.
    private static bool IsCased(UnicodeCategory category, char c) => category
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || c is '\u00aa' or '\u00ba' or (>= '\u2160' and <= '\u217f') or (>= '\u24b6' and <= '\u24e9');

    private static bool IsCaseIgnorable(UnicodeCategory category, char c) => category
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || c is '\'' or '.' or ':' or '\u00b7' or '\u0387' or '\u055f' or '\u05f4' or '\u2018' or '\u2019' or '\u2024' or '\u2027'
            or '\ufe13' or '\ufe52' or '\ufe55' or '\uff07' or '\uff0e' or '\uff1a';
}
