using System.Buffers.Binary;

namespace SggLab.Modeling;

/// <summary>The orientation a camera notes in an image, 1 (upright) to 8.</summary>
internal static class Exif
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    /// <summary>The orientation that the EXIF block of a PNG or JPEG file states, or null where there is none.</summary>
    public static int? Orientation(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith(PngSignature))
            return InPng(file);
        return file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]) ? InJpeg(file) : null;
    }

    private static int? InPng(ReadOnlySpan<byte> file)
    {
        for (long at = 8; at + 12 <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[(int)at..]);
            if (at + 12 + length > file.Length)
                return null;
            if (file.Slice((int)at + 4, 4).SequenceEqual("eXIf"u8))
                return InTiff(file.Slice((int)at + 8, (int)length));
            at += 12 + length;
        }
        return null;
    }

    private static int? InJpeg(ReadOnlySpan<byte> file)
    {
        for (var at = 2; at + 4 <= file.Length && file[at] == 0xFF && file[at + 1] != 0xDA;)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (length < 2 || at + 2 + length > file.Length)
                return null;
            var segment = file.Slice(at + 4, length - 2);
            if (file[at + 1] == 0xE1 && segment.StartsWith("Exif\0\0"u8))
                return InTiff(segment[6..]);
            at += 2 + length;
        }
        return null;
    }

    private static int? InTiff(ReadOnlySpan<byte> tiff)
    {
        const ushort OrientationTag = 0x0112;
        if (tiff.Length < 8)
            return null;
        var little = tiff[0] == (byte)'I';
        var directory = Int(tiff[4..], little);
        if (directory > tiff.Length - 2)
            return null;
        var count = Short(tiff[(int)directory..], little);
        for (var i = 0; i < count; i++)
        {
            var at = (int)directory + 2 + 12 * i;
            if (at + 12 > tiff.Length)
                return null;
            if (Short(tiff[at..], little) == OrientationTag && Short(tiff[(at + 8)..], little) is >= 1 and <= 8 and var orientation)
                return orientation;
        }
        return null;
    }

    private static uint Int(ReadOnlySpan<byte> at, bool little) => little ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt32BigEndian(at);

    private static ushort Short(ReadOnlySpan<byte> at, bool little) => little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);

    /// <summary>The image turned and mirrored so that it stands upright.</summary>
    public static RgbImage Turn(RgbImage image, int orientation)
    {
        if (orientation is < 2 or > 8)
            return image;
        var (w, h) = (image.Width, image.Height);
        var (width, height) = orientation >= 5 ? (h, w) : (w, h);
        var turned = new byte[image.Pixels.Length];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (fromX, fromY) = orientation switch
                {
                    2 => (w - 1 - x, y),
                    3 => (w - 1 - x, h - 1 - y),
                    4 => (x, h - 1 - y),
                    5 => (y, x),
                    6 => (y, h - 1 - x),
                    7 => (w - 1 - y, h - 1 - x),
                    _ => (w - 1 - y, x),
                };
                image.Pixels.AsSpan(3 * (fromY * w + fromX), 3).CopyTo(turned.AsSpan(3 * (y * width + x)));
            }
        }
        return new RgbImage(width, height, turned);
    }
}
