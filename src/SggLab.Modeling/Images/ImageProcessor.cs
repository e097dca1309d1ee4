using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>An image cut into normalised patches.</summary>
public sealed record ProcessedImage
{
    /// <summary>One row a patch: channel, time, y, x; rows in squares of merge size, row by row inside a square.</summary>
    public required float[] Pixels { get; init; }
    public required PatchGrid Grid { get; init; }
    /// <summary>Values of one patch.</summary>
    public required int PatchValues { get; init; }
    /// <summary>The image's size in pixels after scaling.</summary>
    public required int Width { get; init; }
    public required int Height { get; init; }
}

/// <summary>
/// Scales, normalises and cuts images as the Pillow image processor of transformers does: the same bytes after the
/// resize and the same f32 values.
/// </summary>
public sealed class ImageProcessor
{
    private readonly float[][] _values;

    public ImageProcessor(ImageSettings settings)
    {
        Settings = settings;
        // A byte times 1/255 in f64, rounded to f32; then mean and deviation in f32.
        _values = [.. Enumerable.Range(0, 3).Select(c => Enumerable.Range(0, 256).Select(b => ((float)(b * (1 / 255.0)) - settings.Mean[c]) / settings.Std[c]).ToArray())];
    }

    public ImageSettings Settings { get; }

    public static ImageProcessor Of(ModelFolder folder)
    {
        var (settings, path) = ImageSettings.In(folder.Path, folder.Files);
        var vision = folder.Config.Vision;
        if (settings.PatchSize != vision.PatchSize || settings.MergeSize != vision.MergeSize || settings.TemporalPatchSize != vision.TemporalPatchSize)
            throw new LabException($"{path} cuts patches of {settings.PatchSize} pixels, merges {settings.MergeSize} and repeats {settings.TemporalPatchSize} times; config.json says {vision.PatchSize}, {vision.MergeSize} and {vision.TemporalPatchSize}.");
        return new ImageProcessor(settings);
    }

    /// <summary>The same processor with other bounds of the area.</summary>
    /// <exception cref="LabException">A bound is no area that an image can have, or the smallest is above the largest.</exception>
    public ImageProcessor With(long? minPixels = null, long? maxPixels = null)
    {
        if (minPixels is < 1 or > RgbImage.LargestPixels)
            throw new LabException($"min_pixels is {minPixels}; an area of 1 to {RgbImage.LargestPixels:N0} pixels is wanted.");
        if (maxPixels < 1)
            throw new LabException($"max_pixels is {maxPixels}; an area of at least 1 pixel is wanted.");
        var changed = Settings with { MinPixels = minPixels ?? Settings.MinPixels, MaxPixels = maxPixels ?? Settings.MaxPixels };
        if ((minPixels ?? maxPixels) is not null && changed.MinPixels > changed.MaxPixels)
            throw new LabException($"min_pixels is {changed.MinPixels} and max_pixels {changed.MaxPixels}, so no area would do. Raise max_pixels, or lower min_pixels.");
        return new(changed);
    }

    /// <exception cref="LabException">One side is more than 200 times the other.</exception>
    public ProcessedImage Process(RgbImage image) => ProcessResized(Resize(image));

    internal ProcessedImage ProcessResized(RgbImage resized)
    {
        var grid = new PatchGrid(1, resized.Height / Settings.PatchSize, resized.Width / Settings.PatchSize);
        return new ProcessedImage
        {
            Pixels = Cut(resized, grid),
            Grid = grid,
            PatchValues = 3 * Settings.TemporalPatchSize * Settings.PatchSize * Settings.PatchSize,
            Width = resized.Width,
            Height = resized.Height,
        };
    }

    /// <summary>The image scaled to the size that <see cref="SmartResize"/> gives.</summary>
    public RgbImage Resize(RgbImage image)
    {
        try
        {
            var (height, width) = SmartResize.Of(image.Height, image.Width, Settings.Factor, Settings.MinPixels, Settings.MaxPixels);
            if ((long)height * width > RgbImage.LargestPixels)
                throw new LabException($"min_pixels {Settings.MinPixels} and patches of {Settings.PatchSize} pixels make it {width} x {height} pixels; at most {RgbImage.LargestPixels:N0} are read. Lower min_pixels.");
            return PillowBicubic.Resize(image, width, height);
        }
        catch (LabException e)
        {
            throw new LabException($"{image.Name}: {e.Message}", e.ExitCode);
        }
    }

    /// <summary>What R1-SGG's SFT does before the processor scales once more: the size by the rule of qwen-vl-utils.</summary>
    public RgbImage ResizeAsVisionUtilities(RgbImage image)
    {
        var (height, width) = SmartResize.OfVisionUtilities(image.Height, image.Width, Settings.Factor, Settings.MinPixels, Settings.MaxPixels);
        if (width == 0 || height == 0)
            throw new LabException($"An image of {image.Width} x {image.Height} pixels is too flat for max_pixels {Settings.MaxPixels}: one side would become 0. Raise max_pixels.");
        return PillowBicubic.Resize(image, width, height);
    }

    private float[] Cut(RgbImage image, PatchGrid grid)
    {
        var patch = 3 * Settings.TemporalPatchSize * Settings.PatchSize * Settings.PatchSize;
        var pixels = HugePages.Uninitialized<float>(grid.Patches * patch);
        TorchThreads.For(grid.Height / Settings.MergeSize, 1, line => Cut(image, grid, line * Settings.MergeSize, pixels.AsSpan(line * Settings.MergeSize * grid.Width * patch)));
        return pixels;
    }

    /// <summary>Cuts one line of squares, whose first row of patches is given.</summary>
    private void Cut(RgbImage image, PatchGrid grid, int top, Span<float> pixels)
    {
        var (side, merge, times) = (Settings.PatchSize, Settings.MergeSize, Settings.TemporalPatchSize);
        var area = side * side;
        var patch = 3 * times * area;
        var n = 0;
        for (var left = 0; left < grid.Width; left += merge)
        for (var row = top; row < top + merge; row++)
        for (var column = left; column < left + merge; column++)
        {
            var target = pixels.Slice(n++ * patch, patch);
            for (var c = 0; c < 3; c++)
            {
                var plane = target[(c * times * area)..];
                var values = _values[c];
                for (var y = 0; y < side; y++)
                {
                    var source = image.Pixels.AsSpan(3 * ((row * side + y) * image.Width + column * side) + c, 3 * side - c);
                    var line = plane.Slice(y * side, side);
                    for (int x = 0, at = 0; x < line.Length; x++, at += 3)
                        line[x] = values[source[at]];
                }
                // A still image stands for every moment.
                for (var t = 1; t < times; t++)
                    plane[..area].CopyTo(plane.Slice(t * area, area));
            }
        }
    }
}
