using SggLab.Contracts;

namespace SggLab.Datasets.Prompts;

/// <summary>The size to which Qwen's image processor brings a picture (transformers, smart_resize): multiples of 28 within an area.</summary>
public static class SmartResize
{
    /// <summary>Patch 14 times merge 2.</summary>
    public const int Factor = 28;

    /// <summary>Longer side over shorter side at which the processor refuses.</summary>
    public const int LargestRatio = 200;

    /// <exception cref="LabException">The sides differ by more than a factor of 200.</exception>
    public static ImageSize Of(ImageSize size, int minPixels, int maxPixels)
    {
        var (width, height) = size;
        if ((double)Math.Max(width, height) / Math.Min(width, height) > LargestRatio)
            throw new LabException($"An image of {width} x {height} is too elongated: the processor takes sides that differ by a factor of {LargestRatio} at most; crop it or leave it out.");
        // Python rounds halves to even, as Math.Round does.
        var (h, w) = (Math.Round((double)height / Factor) * Factor, Math.Round((double)width / Factor) * Factor);
        if (h * w > maxPixels)
        {
            var shrink = Math.Sqrt((double)height * width / maxPixels);
            (h, w) = (Math.Max(Factor, Math.Floor(height / shrink / Factor) * Factor), Math.Max(Factor, Math.Floor(width / shrink / Factor) * Factor));
        }
        else if (h * w < minPixels)
        {
            var grow = Math.Sqrt(minPixels / ((double)height * width));
            (h, w) = (Math.Ceiling(height * grow / Factor) * Factor, Math.Ceiling(width * grow / Factor) * Factor);
        }
        return new ImageSize((int)w, (int)h);
    }
}
