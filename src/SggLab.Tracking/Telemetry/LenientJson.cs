using System.Buffers;
using System.Globalization;
using System.Text;

namespace SggLab.Tracking.Telemetry;

/// <summary>
/// Makes text that other languages write as JSON readable and fit for text and jsonb columns: bare NaN and infinities become strings, \u0000 and lone
/// surrogates become U+FFFD, bytes that are not UTF-8 too. The stored line itself is never touched.
/// </summary>
internal static class LenientJson
{
    public static ReadOnlyMemory<byte> Clean(byte[] json)
    {
        var text = System.Text.Unicode.Utf8.IsValid(json) ? json : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json));
        if (!NeedsWork(text))
            return text;
        var output = new ArrayBufferWriter<byte>(text.Length + 16);
        var inText = false;
        for (var i = 0; i < text.Length;)
        {
            if (inText)
                i = CopyInText(text, i, output, ref inText);
            else
                i = CopyOutside(text, i, output, ref inText);
        }
        return output.WrittenMemory;
    }

    private static bool NeedsWork(ReadOnlySpan<byte> text) =>
        text.IndexOf("NaN"u8) >= 0 || text.IndexOf("Infinity"u8) >= 0 || text.IndexOf("\\u"u8) >= 0;

    private static int CopyOutside(byte[] text, int at, ArrayBufferWriter<byte> output, ref bool inText)
    {
        foreach (var word in (ReadOnlySpan<string>)["NaN", "Infinity", "-Infinity"])
        {
            if (!text.AsSpan(at).StartsWith(Encoding.ASCII.GetBytes(word)))
                continue;
            output.Write(Encoding.ASCII.GetBytes($"\"{word}\""));
            return at + word.Length;
        }
        inText = text[at] == '"';
        output.Write(text.AsSpan(at, 1));
        return at + 1;
    }

    private static int CopyInText(byte[] text, int at, ArrayBufferWriter<byte> output, ref bool inText)
    {
        if (text[at] != '\\')
        {
            inText = text[at] != '"';
            output.Write(text.AsSpan(at, 1));
            return at + 1;
        }
        if (CodeAt(text, at) is not { } code)
        {
            var length = Math.Min(2, text.Length - at);
            output.Write(text.AsSpan(at, length));
            return at + length;
        }
        if (char.IsHighSurrogate((char)code) && CodeAt(text, at + 6) is { } low && char.IsLowSurrogate((char)low))
        {
            output.Write(text.AsSpan(at, 12));
            return at + 12;
        }
        output.Write(code == 0 || char.IsSurrogate((char)code) ? "\\ufffd"u8 : text.AsSpan(at, 6));
        return at + 6;
    }

    /// <summary>The code of \uXXXX at this place, if one is there.</summary>
    private static int? CodeAt(byte[] text, int at) =>
        at + 6 <= text.Length && text[at] == '\\' && text[at + 1] == 'u'
        && int.TryParse(text.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) ? code : null;
}
