using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Worker.Journals;

/// <summary>
/// One line of a journal file: the CRC-32C of the record's bytes as 8 hex digits, a space, the record's JSON, a line feed.
/// Those JSON bytes, unchanged, are what the server keeps.
/// </summary>
public static class JournalLine
{
    /// <summary>Bytes before the JSON: 8 hex digits and a space.</summary>
    public const int Prefix = 9;

    public static byte[] Write(long n, string type, DateTimeOffset at, object data)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        buffer.Advance(Fill(buffer.GetSpan(Prefix), Prefix));
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("n", n);
            json.WriteString("type", type);
            json.WriteString("at", at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WritePropertyName("data");
            JsonSerializer.Serialize(json, data, data.GetType(), LabJson.Options);
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        var line = buffer.WrittenSpan.ToArray();
        Encoding.ASCII.GetBytes(Checksum(line.AsSpan(Prefix, line.Length - Prefix - 1)).ToString("x8", CultureInfo.InvariantCulture), line);
        return line;
    }

    /// <summary>Reads the record at the start of the bytes. False when the line is cut short, its checksum is another or its number is not the expected one.</summary>
    /// <param name="length">Bytes of the whole line with its line feed.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, long expected, out int length)
    {
        length = bytes.IndexOf((byte)'\n') + 1;
        if (length <= Prefix) return false;
        var json = bytes[Prefix..(length - 1)];
        return bytes[Prefix - 1] == ' '
            && Utf8Parser.TryParse(bytes[..(Prefix - 1)], out uint sum, out var used, 'x') && used == Prefix - 1
            && sum == Checksum(json)
            && NumberOf(json) == expected;
    }

    /// <summary>The record's number; -1 when the bytes do not begin like a record.</summary>
    public static long NumberOf(ReadOnlySpan<byte> json) =>
        json.StartsWith("{\"n\":"u8) && Utf8Parser.TryParse(json[5..], out long n, out _) ? n : -1;

    /// <summary>Whether the record of this line is of the type.</summary>
    public static bool IsOf(ReadOnlySpan<byte> json, string type)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is not JsonTokenType.PropertyName || reader.CurrentDepth != 1) continue;
            if (!reader.ValueTextEquals("type"u8)) continue;
            return reader.Read() && reader.ValueTextEquals(type);
        }
        return false;
    }

    private static int Fill(Span<byte> span, int count)
    {
        span[..count].Fill((byte)' ');
        return count;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }
}
