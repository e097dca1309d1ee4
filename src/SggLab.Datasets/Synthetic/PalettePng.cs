using System.Buffers.Binary;

namespace SggLab.Datasets.Synthetic;

/// <summary>
/// A PNG of at most 16 colours, four bits a pixel, its data stored rather than deflated: no compressor takes part, so the
/// bytes depend on nothing but the picture. (The parquet file around it is compressed.)
/// </summary>
internal static class PalettePng
{
    private static readonly uint[] CrcTable = MakeCrcTable();

    /// <param name="pixels">Palette indices in rows from the top.</param>
    public static byte[] Encode(int width, int height, ReadOnlySpan<byte> pixels, IReadOnlyList<(byte R, byte G, byte B)> palette)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(palette.Count, 16);
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 4;   // bits a pixel
        header[9] = 3;   // palette
        Chunk(png, "IHDR"u8, header);
        Chunk(png, "PLTE"u8, [.. palette.SelectMany(colour => new[] { colour.R, colour.G, colour.B })]);
        Chunk(png, "IDAT"u8, Stored(Rows(width, height, pixels)));
        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    // Each row begins with its filter, 0 for none; two pixels a byte, the left one high.
    private static byte[] Rows(int width, int height, ReadOnlySpan<byte> pixels)
    {
        var stride = 1 + (width + 1) / 2;
        var rows = new byte[height * stride];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++) rows[y * stride + 1 + x / 2] |= (byte)(pixels[y * width + x] << (x % 2 == 0 ? 4 : 0));
        return rows;
    }

    // A zlib stream of stored blocks (RFC 1950, RFC 1951 section 3.2.4).
    private static byte[] Stored(ReadOnlySpan<byte> data)
    {
        using var zlib = new MemoryStream();
        zlib.Write([0x78, 0x01]);
        Span<byte> word = stackalloc byte[4];
        for (var at = 0; at < data.Length;)
        {
            var length = Math.Min(data.Length - at, ushort.MaxValue);
            zlib.WriteByte(at + length == data.Length ? (byte)1 : (byte)0);
            BinaryPrimitives.WriteUInt16LittleEndian(word, (ushort)length);
            BinaryPrimitives.WriteUInt16LittleEndian(word[2..], (ushort)~length);
            zlib.Write(word);
            zlib.Write(data.Slice(at, length));
            at += length;
        }
        BinaryPrimitives.WriteUInt32BigEndian(word, Adler32(data));
        zlib.Write(word);
        return zlib.ToArray();
    }

    private static uint Adler32(ReadOnlySpan<byte> data)
    {
        uint a = 1, b = 0;
        foreach (var value in data)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }
        return b << 16 | a;
    }

    private static void Chunk(MemoryStream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        png.Write(word);
        png.Write(type);
        png.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(word, ~Crc(Crc(uint.MaxValue, type), data));
        png.Write(word);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (var value in data) crc = CrcTable[(crc ^ value) & 255] ^ crc >> 8;
        return crc;
    }

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            var c = n;
            for (var k = 0; k < 8; k++) c = (c & 1) == 0 ? c >> 1 : 0xEDB88320 ^ c >> 1;
            table[n] = c;
        }
        return table;
    }
}
