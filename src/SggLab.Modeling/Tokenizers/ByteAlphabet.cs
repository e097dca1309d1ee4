using System.Text;

namespace SggLab.Modeling;

/// <summary>The printable characters by which byte-level tokenizers write the 256 bytes.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] CharOfByte = MakeCharOfByte();
    private static readonly Dictionary<char, byte> ByteOfChar = Enumerable.Range(0, 256).ToDictionary(b => CharOfByte[b], b => (byte)b);

    private static char[] MakeCharOfByte()
    {
        var chars = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
            chars[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : (char)next++;
        return chars;
    }

    public static char Of(byte value) => CharOfByte[value];

    /// <summary>The bytes a token stands for; a token with a character outside the alphabet stands for its own UTF-8.</summary>
    public static byte[] BytesOf(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            if (!ByteOfChar.TryGetValue(token[i], out bytes[i]))
                return Encoding.UTF8.GetBytes(token);
        }
        return bytes;
    }
}
