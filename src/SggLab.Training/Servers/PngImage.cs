using SggLab.Modeling;
using SkiaSharp;

namespace SggLab.Training.Servers;

/// <summary>Images as servers take them: losslessly, already in the size the model reads, so that the server's own scaling changes nothing.</summary>
internal static class PngImage
{
    /// <summary>data:image/png;base64,…</summary>
    public static string DataUrl(RgbImage image) => "data:image/png;base64," + Convert.ToBase64String(Encode(image));

    public static byte[] Encode(RgbImage image)
    {
        var rgba = new byte[4L * image.Width * image.Height];
        for (int from = 0, to = 0; to < rgba.Length; from += 3, to += 4)
            (rgba[to], rgba[to + 1], rgba[to + 2], rgba[to + 3]) = (image.Pixels[from], image.Pixels[from + 1], image.Pixels[from + 2], 255);
        // No colour space: the values are stored as they are.
        using var bitmap = SKImage.FromPixelCopy(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), rgba);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}
