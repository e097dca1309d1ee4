using SkiaSharp;

namespace SggLab.Datasets;

/// <summary>Turns decoded pixels the way the camera said (EXIF tag 274), as Pillow's exif_transpose does.</summary>
internal static class ExifOrientation
{
    public static bool SwapsAxes(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    /// <summary>Drops the fourth byte of each pixel and turns; <paramref name="rgba"/> holds width x height x 4 bytes.</summary>
    public static RgbImage ToRgb(ReadOnlySpan<byte> rgba, int width, int height, SKEncodedOrigin origin)
    {
        var swaps = SwapsAxes(origin);
        var (outWidth, outHeight) = swaps ? (height, width) : (width, height);
        var rgb = new byte[3 * width * height];
        for (var y = 0; y < outHeight; y++)
        {
            for (var x = 0; x < outWidth; x++)
            {
                var (sx, sy) = Source(x, y, width, height, origin);
                var from = 4 * (sy * width + sx);
                var to = 3 * (y * outWidth + x);
                rgb[to] = rgba[from];
                rgb[to + 1] = rgba[from + 1];
                rgb[to + 2] = rgba[from + 2];
            }
        }
        return new RgbImage(outWidth, outHeight, rgb);
    }

    private static (int X, int Y) Source(int x, int y, int width, int height, SKEncodedOrigin origin) => origin switch
    {
        SKEncodedOrigin.TopRight => (width - 1 - x, y),                    // 2: mirrored
        SKEncodedOrigin.BottomRight => (width - 1 - x, height - 1 - y),    // 3: turned by 180
        SKEncodedOrigin.BottomLeft => (x, height - 1 - y),                 // 4: upside down
        SKEncodedOrigin.LeftTop => (y, x),                                 // 5: transposed
        SKEncodedOrigin.RightTop => (y, height - 1 - x),                   // 6: needs 90 clockwise
        SKEncodedOrigin.RightBottom => (width - 1 - y, height - 1 - x),    // 7: transversed
        SKEncodedOrigin.LeftBottom => (width - 1 - y, x),                  // 8: needs 90 counter-clockwise
        _ => (x, y),
    };
}
