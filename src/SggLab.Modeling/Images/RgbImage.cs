using SggLab.Contracts;
using SkiaSharp;

namespace SggLab.Modeling;

/// <summary>What becomes of transparency when an image is read.</summary>
public enum Transparency
{
    /// <summary>Dropped: the colour under it shows (Pillow's convert("RGB"), what R1-SGG does).</summary>
    Drop,
    /// <summary>Laid over white, as the processor of transformers 5 does with an image passed as it is.</summary>
    OverWhite,
}

/// <summary>An image as red, green and blue bytes, row by row.</summary>
public sealed class RgbImage
{
    /// <summary>Images with more pixels are refused before they are decoded (twice Pillow's own warning limit).</summary>
    public const long LargestPixels = 178_956_970;

    public RgbImage(int width, int height, byte[] pixels)
    {
        if (width < 1 || height < 1 || pixels.LongLength != 3L * width * height)
            throw new ArgumentException($"An image of {width} x {height} has {3L * width * height} bytes of RGB; {pixels.LongLength} were given.", nameof(pixels));
        (Width, Height, Pixels) = (width, height, pixels);
    }

    public int Width { get; }

    public int Height { get; }

    public byte[] Pixels { get; }

    /// <summary>What messages call it: the file, where it was read from one.</summary>
    public string Name { get; private set; } = "an image";

    /// <param name="path">A PNG, JPEG, WebP, GIF or BMP file.</param>
    /// <param name="turn">Whether to turn it as its EXIF orientation says (the datasets library does, processors do not).</param>
    public static RgbImage Read(string path, bool turn = false, Transparency transparency = Transparency.Drop)
    {
        if (!File.Exists(path))
            throw new LabException($"There is no image {path}.");
        return Decode(File.ReadAllBytes(path), path, turn, transparency);
    }

    /// <param name="name">What messages call it.</param>
    /// <exception cref="LabException">The bytes are no image, are cut short, or unfold to more than <see cref="LargestPixels"/>.</exception>
    public static RgbImage Decode(byte[] encoded, string name, bool turn = false, Transparency transparency = Transparency.Drop)
    {
        using var data = SKData.CreateCopy(encoded);
        using var codec = SKCodec.Create(data) ?? throw new LabException($"{name} is not an image that can be read (PNG, JPEG, WebP, GIF and BMP can).");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if (width < 1 || height < 1 || (long)width * height > LargestPixels)
            throw new LabException($"{name} is an image of {width} x {height} pixels; at most {LargestPixels:N0} are read. Scale it down first.");
        // No colour space: the stored values are wanted as they are.
        var info = new SKImageInfo(width, height, SKColorType.Rgba8888, codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul, null);
        var rgba = new byte[4L * width * height];
        SKCodecResult result;
        unsafe
        {
            fixed (byte* pixels = rgba)
                result = codec.GetPixels(info, (IntPtr)pixels, info.RowBytes, SKCodecOptions.Default);
        }
        if (result != SKCodecResult.Success)
            throw new LabException($"{name} is damaged or cut short ({result}).");
        var image = new RgbImage(width, height, transparency == Transparency.Drop ? WithoutAlpha(rgba) : OverWhite(rgba));
        var turned = turn ? Exif.Turn(image, Exif.Orientation(encoded) ?? (int)codec.EncodedOrigin) : image;
        turned.Name = name;
        return turned;
    }

    private static byte[] WithoutAlpha(byte[] rgba)
    {
        var rgb = new byte[rgba.Length / 4 * 3];
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
            (rgb[to], rgb[to + 1], rgb[to + 2]) = (rgba[from], rgba[from + 1], rgba[from + 2]);
        return rgb;
    }

    /// <summary>Pillow's alpha_composite over opaque white, in its 7-bit fixed point.</summary>
    private static byte[] OverWhite(byte[] rgba)
    {
        var rgb = new byte[rgba.Length / 4 * 3];
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
        {
            var alpha = (uint)rgba[from + 3];
            var source = alpha * 255 * 255 * 128 / (alpha * 255 + 255 * (255 - alpha));
            for (var c = 0; c < 3; c++)
            {
                var mixed = rgba[from + c] * source + 255 * (255 * 128 - source) + (0x80 << 7);
                rgb[to + c] = (byte)(((mixed >> 8) + mixed >> 8) >> 7);
            }
        }
        return rgb;
    }
}
