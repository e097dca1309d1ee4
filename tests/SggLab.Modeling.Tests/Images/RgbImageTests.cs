using System.Buffers.Binary;
using System.IO.Compression;
using SggLab.Contracts;

namespace SggLab.Modeling.Tests;

public class RgbImageTests
{
    [Fact]
    public void A_bomb_is_refused_by_its_header_before_it_is_unfolded()
    {
        var error = Should.Throw<LabException>(() => RgbImage.Decode(PngHeader(60_000, 60_000), "bomb.png"));

        error.Message.ShouldContain("bomb.png");
        error.Message.ShouldContain("60000 x 60000");
    }

    [Fact]
    public void Bytes_that_are_no_image_are_refused()
    {
        Should.Throw<LabException>(() => RgbImage.Decode("not an image"u8.ToArray(), "notes.txt")).Message.ShouldContain("notes.txt is not an image");
        Should.Throw<LabException>(() => RgbImage.Decode([], "empty.png")).Message.ShouldContain("empty.png");
        Should.Throw<LabException>(() => RgbImage.Read("nowhere.png")).Message.ShouldContain("There is no image");
    }

    [Theory]
    [InlineData("rgb_333x200.png")]
    [InlineData("rgb_320x240.jpg")]
    public void An_image_cut_short_is_refused_or_read_in_part_but_never_breaks(string name)
    {
        var whole = File.ReadAllBytes(Path.Combine(Golden.Root, "images", "files", name));

        foreach (var length in new[] { 10, 100, whole.Length / 2 })
            Should.Throw<LabException>(() => RgbImage.Decode(whole[..length], name)).Message.ShouldContain(name);
    }

    /// <summary>A PNG that claims a size and holds its first pixels only.</summary>
    private static byte[] PngHeader(int width, int height)
    {
        var size = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(size, width);
        BinaryPrimitives.WriteInt32BigEndian(size.AsSpan(4), height);
        (size[8], size[9]) = (8, 2);
        using var pixels = new MemoryStream();
        using (var zlib = new ZLibStream(pixels, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(new byte[1000]);
        return [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, .. Chunk("IHDR"u8, size), .. Chunk("IDAT"u8, pixels.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] content)
    {
        var chunk = new byte[12 + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        type.CopyTo(chunk.AsSpan(4));
        content.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + content.Length), Crc(chunk.AsSpan(4, 4 + content.Length)));
        return chunk;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFF;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
