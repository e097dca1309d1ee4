using System.Globalization;
using System.Text;

namespace SggLab.Modeling;

/// <summary>
/// Cuts text into pieces that byte pairs never cross, as the regular expression of the Qwen2 tokenizers does. Written out
/// over code points, because .NET's own expressions see a letter outside the basic plane as two unknown halves.
/// </summary>
internal static class PreTokenizer
{
    /// <summary>The expression that this class implements; a tokenizer.json must have exactly it.</summary>
    public const string Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private enum Kind
    {
        Letter,
        Number,
        Space,
        LineBreak,
        Other,
    }

    /// <summary>The length in UTF-16 units of the piece at the start of a text that is not empty.</summary>
    public static int Next(ReadOnlySpan<char> text)
    {
        var contraction = Contraction(text);
        if (contraction > 0)
            return contraction;

        var first = KindAt(text, 0, out var size);
        if (first == Kind.Letter)
            return size + RunOf(text[size..], Kind.Letter);
        // One character that is neither line break nor number may lead a word: a space, a quote, a dash.
        if (first is Kind.Space or Kind.Other && size < text.Length && KindAt(text, size, out _) == Kind.Letter)
            return size + RunOf(text[size..], Kind.Letter);
        if (first == Kind.Number)
            return size;

        // Punctuation, with one space before it and the line breaks after it.
        var start = text[0] == ' ' ? 1 : 0;
        var marks = RunOf(text[start..], Kind.Other);
        if (marks > 0)
            return start + marks + RunOf(text[(start + marks)..], Kind.LineBreak);

        return Spaces(text);
    }

    /// <summary>White space: up to its last line break, else all but the last character before something else, else all.</summary>
    private static int Spaces(ReadOnlySpan<char> text)
    {
        var (length, lastBreak) = (0, 0);
        while (length < text.Length && KindAt(text, length, out var size) is var kind && kind is Kind.Space or Kind.LineBreak)
        {
            length += size;
            if (kind == Kind.LineBreak)
                lastBreak = length;
        }
        if (lastBreak > 0)
            return lastBreak;
        // White space has one UTF-16 unit a character.
        return length < text.Length && length > 1 ? length - 1 : length;
    }

    private static int Contraction(ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || text[0] != '\'')
            return 0;
        var second = Fold(text[1]);
        if (second is 's' or 't' or 'm' or 'd')
            return 2;
        if (text.Length < 3)
            return 0;
        return (second, Fold(text[2])) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    // The long s is the one character outside ASCII whose case folds to a letter of the contractions.
    private static char Fold(char c) => c == 'ſ' ? 's' : (char)(c | 0x20) is >= 'a' and <= 'z' and var lower && c < 128 ? lower : c;

    private static int RunOf(ReadOnlySpan<char> text, Kind kind)
    {
        var length = 0;
        while (length < text.Length && KindAt(text, length, out var size) == kind)
            length += size;
        return length;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int index, out int size)
    {
        var c = text[index];
        size = 1;
        if (c < 128)
        {
            if ((uint)((c | 0x20) - 'a') < 26)
                return Kind.Letter;
            if ((uint)(c - '0') < 10)
                return Kind.Number;
            return c is '\r' or '\n' ? Kind.LineBreak : c == ' ' || (uint)(c - 9) < 5 ? Kind.Space : Kind.Other;
        }
        if (Rune.DecodeFromUtf16(text[index..], out var rune, out size) != System.Buffers.OperationStatus.Done)
            return Kind.Other;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Other,
        };
    }
}
