namespace SggLab.Datasets;

/// <summary>What kind of picture its bytes are, in Pillow's words: format (PNG, JPEG, …) and mode (RGB, RGBA, L, P, …).</summary>
public sealed record ImageHeader(string? Format, string Mode)
{
    public static ImageHeader Of(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] when bytes.Length > 25 => new("PNG", PngMode(bytes[24], bytes[25])),
        [0xFF, 0xD8, ..] => new("JPEG", JpegMode(bytes)),
        [(byte)'G', (byte)'I', (byte)'F', ..] => new("GIF", "P"),
        [(byte)'B', (byte)'M', ..] when bytes.Length > 28 => new("BMP", bytes[28] <= 8 ? "P" : "RGB"),
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..] when bytes.Length > 20 => new("WEBP", bytes[15] == (byte)'X' && (bytes[20] & 0x10) != 0 ? "RGBA" : "RGB"),
        _ => new(null, "RGB"),
    };

    private static string PngMode(byte bits, byte colour) => colour switch
    {
        0 => bits == 1 ? "1" : bits == 16 ? "I;16" : "L",
        3 => "P",
        4 => "LA",
        6 => "RGBA",
        _ => "RGB",
    };

    // The number of components stands in the first start-of-frame segment.
    private static string JpegMode(ReadOnlySpan<byte> bytes)
    {
        for (var at = 2; at + 9 < bytes.Length && bytes[at] == 0xFF;)
        {
            var marker = bytes[at + 1];
            if (marker is >= 0xC0 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC)
                return bytes[at + 9] switch { 1 => "L", 4 => "CMYK", _ => "RGB" };
            at += 2 + (bytes[at + 2] << 8 | bytes[at + 3]);
        }
        return "RGB";
    }
}
