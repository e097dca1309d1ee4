using System.Text;

namespace SggLab.Modeling;

/// <summary>Turns ids into text as they come; characters whose bytes are spread over tokens wait until they are whole.</summary>
public sealed class StreamingText(Tokenizer tokenizer, bool skipSpecial = true)
{
    private readonly System.Text.Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>The text that this id completes; empty while a character is incomplete.</summary>
    public string Add(int id) => Decode(tokenizer.BytesOf(id, skipSpecial), flush: false);

    /// <summary>What is left at the end: U+FFFD for a character that never became whole.</summary>
    public string Finish() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> chars = new char[bytes.Length + 4];
        return chars[.._decoder.GetChars(bytes, chars, flush)].ToString();
    }
}
