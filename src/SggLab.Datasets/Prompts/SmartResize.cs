using SggLab.Contracts;

namespace SggLab.Datasets.Prompts;

/// <summary>The size to which Qwen's image processor brings a picture (transformers, smart_resize): sides that are multiples of a factor, within an area.</summary>
public static class SmartResize
{
    /// <summary>Longer side over shorter side at which the processor refuses.</summary>
    public const int LargestRatio = 200;

    /// <param name="factor">Patch times merge of the model.</param>
    /// <exception cref="LabException">The sides differ by more than a factor of 200.</exception>
    public static ImageSize Of(ImageSize size, int factor, int minPixels, int maxPixels)
    {
        var (width, height) = size;
        if ((double)Math.Max(width, height) / Math.Min(width, height) > LargestRatio)
            throw new LabException($"An image of {width} x {height} is too elongated: the processor takes sides that differ by a factor of {LargestRatio} at most; crop it or leave it out.");
        // Python rounds halves to even, as Math.Round does.
        var (h, w) = (Math.Round((double)height / factor) * factor, Math.Round((double)width / factor) * factor);
        if (h * w > maxPixels)
        {
            var shrink = Math.Sqrt((double)height * width / maxPixels);
            (h, w) = (Math.Max(factor, Math.Floor(height / shrink / factor) * factor), Math.Max(factor, Math.Floor(width / shrink / factor) * factor));
        }
        else if (h * w < minPixels)
        {
            var grow = Math.Sqrt(minPixels / ((double)height * width));
            (h, w) = (Math.Ceiling(height * grow / factor) * factor, Math.Ceiling(width * grow / factor) * factor);
        }
        return new ImageSize((int)w, (int)h);
    }
}
