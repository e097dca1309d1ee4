using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>The size an image is scaled to: sides that are multiples of a factor, an area between two bounds, nearly the same shape.</summary>
public static class SmartResize
{
    private const double LargestRatio = 200;

    /// <summary>The processor's rule (transformers, smart_resize).</summary>
    /// <exception cref="LabException">One side is more than 200 times the other.</exception>
    public static (int Height, int Width) Of(int height, int width, int factor, long minPixels, long maxPixels)
    {
        Check(height, width);
        return Fit(height, width, Rounded(height, factor), Rounded(width, factor), factor, factor, minPixels, maxPixels);
    }

    /// <summary>
    /// The rule of qwen-vl-utils, by which R1-SGG's SFT sizes images before the processor does it again. A side of a very
    /// flat image may come out as 0, which nothing can be resized to.
    /// </summary>
    public static (int Height, int Width) OfVisionUtilities(int height, int width, int factor, long minPixels, long maxPixels)
    {
        Check(height, width);
        return Fit(height, width, Math.Max(factor, Rounded(height, factor)), Math.Max(factor, Rounded(width, factor)), 0, factor, minPixels, maxPixels);
    }

    private static void Check(int height, int width)
    {
        var ratio = (double)Math.Max(height, width) / Math.Min(height, width);
        if (ratio > LargestRatio)
            throw new LabException($"An image of {width} x {height} pixels has an aspect ratio of {ratio:0.#}; at most {LargestRatio} is supported. Crop it.");
    }

    private static int Rounded(int side, int factor) => (int)Math.Round((double)side / factor, MidpointRounding.ToEven) * factor;

    private static (int, int) Fit(int height, int width, int roundedHeight, int roundedWidth, int smallest, int factor, long minPixels, long maxPixels)
    {
        if ((long)roundedHeight * roundedWidth > maxPixels)
        {
            var shrink = Math.Sqrt((double)((long)height * width) / maxPixels);
            return (Math.Max(smallest, (int)Math.Floor(height / shrink / factor) * factor), Math.Max(smallest, (int)Math.Floor(width / shrink / factor) * factor));
        }
        if ((long)roundedHeight * roundedWidth < minPixels)
        {
            var grow = Math.Sqrt((double)minPixels / ((long)height * width));
            return ((int)Math.Ceiling(height * grow / factor) * factor, (int)Math.Ceiling(width * grow / factor) * factor);
        }
        return (roundedHeight, roundedWidth);
    }
}
