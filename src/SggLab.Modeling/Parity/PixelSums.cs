using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SggLab.Modeling;

/// <summary>Patches as the reference's files sum them up: shape, f64 sums, and the hash of the f32 bytes.</summary>
internal static class PixelSums
{
    /// <returns>How many of the stated keys differ.</returns>
    public static int Differing(ProcessedImage image, ConfigObject stated)
    {
        var pixels = image.Pixels;
        double sum = 0, magnitudes = 0, squares = 0;
        foreach (var pixel in pixels)
            (sum, magnitudes, squares) = (sum + pixel, magnitudes + Math.Abs(pixel), squares + (double)pixel * pixel);
        var different = stated.Longs("shape") is [var rows, var columns] && rows * columns == pixels.Length && columns == image.PatchValues ? 0 : 1;
        different += Near(sum, stated.Number("sum"), magnitudes) + Near(magnitudes, stated.Number("abs_sum"), magnitudes) + Near(squares, stated.Number("sq_sum"), squares);
        different += Hash(MemoryMarshal.AsBytes(pixels.AsSpan())) == stated.Text("sha256_f32le") ? 0 : 1;
        stated.AllCompared();
        return different;
    }

    // The order in which a sum is taken shows in its last digits.
    private static int Near(double ours, double wanted, double size) => Math.Abs(ours - wanted) <= 1e-9 * size + 1e-9 ? 0 : 1;

    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
