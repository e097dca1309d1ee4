using System.Globalization;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets.Synthetic;

/// <summary>
/// Rendered scenes of coloured shapes with relations that can be seen, in the published VG150 layout: what the demo learns
/// from. Pictures are 84 x 84; boxes lie on a drawn grid of 14 pixels, so that in the frame of 1000 a corner takes seven values.
/// Scene i of a seed is a function of (seed, i): the same seed gives the same bytes, and a longer data set begins with a shorter one.
/// </summary>
public static class SyntheticScenes
{
    /// <summary>Width and height of a picture in pixels.</summary>
    public const int Side = SceneLayout.Cells * CellPixels;

    /// <summary>Pixels of a grid cell; 14 is also the patch size of Qwen2-VL.</summary>
    public const int CellPixels = 14;

    /// <summary>Writes a hub folder: README.md and data/train-00000-of-0000n.parquet.</summary>
    /// <param name="count">Number of scenes, at least 1.</param>
    /// <param name="shards">Number of files; the content hash does not depend on it.</param>
    /// <param name="replace">Whether a data set that the folder holds is replaced rather than refused.</param>
    /// <exception cref="DatasetException">The folder cannot be written, or holds a data set already.</exception>
    public static void Write(string folder, int count, long seed, int shards = 1, bool replace = false, Action<long>? progress = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var about = string.Create(CultureInfo.InvariantCulture, $"{count} synthetic scenes drawn from seed {seed}: {string.Join(", ", SceneVocabulary.Objects)}; {string.Join(", ", SceneVocabulary.Predicates)}.");
        HubWriter.Write(folder, Enumerable.Range(0, count).Select(index => Scene(seed, index)), count, about, prompts: true, shards, replace: replace, progress: progress);
    }

    /// <summary>Writes the folders train, validation and test below <paramref name="root"/>, each from a seed of its own that follows from <paramref name="seed"/>.</summary>
    public static void WriteSplits(string root, int train, int validation, int test, long seed, bool replace = false, Action<string, long>? progress = null)
    {
        (string, int)[] parts = [("train", train), ("validation", validation), ("test", test)];
        foreach (var (name, count) in parts)
            if (count > 0 && !replace) HubWriter.MustBeFree(Path.Combine(root, name));
        for (var part = 0; part < parts.Length; part++)
        {
            var (name, count) = parts[part];
            if (count > 0) Write(Path.Combine(root, name), count, checked(3 * seed + part), replace: replace, progress: rows => progress?.Invoke(name, rows));
        }
    }

    /// <summary>One scene, in memory.</summary>
    public static SceneGraphExample Scene(long seed, int index)
    {
        var random = StableRandom.For(seed, index);
        var shapes = SceneLayout.Draw(random);
        var id = string.Create(CultureInfo.InvariantCulture, $"s{seed}-{index:D6}");
        var origin = new RowOrigin($"synthetic scenes of seed {seed}", index);
        // Numbered over all objects, as the reference numbers them.
        var objects = shapes.Select((shape, i) => new SceneObject(
            string.Create(CultureInfo.InvariantCulture, $"{SceneVocabulary.Objects[shape.Class]}.{i + 1}"),
            new Box(shape.X * CellPixels, shape.Y * CellPixels, shape.Right * CellPixels, shape.Bottom * CellPixels))).ToList();
        return new SceneGraphExample
        {
            ImageId = id,
            Image = EncodedImage.FromBytes(Render(shapes, random), id + ".png", origin),
            Objects = objects,
            Relationships = [.. SceneRelations.Annotated(shapes, random).Select(r => new SceneRelationship(objects[r.Subject].Id, SceneVocabulary.Predicates[r.Predicate], objects[r.Object].Id))],
            PromptOpen = SceneVocabulary.PromptOpen,
            PromptClose = SceneVocabulary.PromptClose,
            Origin = origin,
        };
    }

    private static byte[] Render(PlacedShape[] shapes, StableRandom random)
    {
        byte Tint(int channel, int spread) => (byte)Math.Clamp(channel - spread + random.Below(2 * spread + 1), 0, 255);
        List<(byte, byte, byte)> palette = [(Tint(240, 10), Tint(240, 10), Tint(240, 10))];
        var pixels = new byte[Side * Side];
        // Large ones first: what lies inside a frame, or over a corner, stays visible.
        foreach (var shape in shapes.OrderByDescending(shape => shape.Side))
        {
            var colour = SceneVocabulary.Colours[shape.Class];
            palette.Add((Tint(colour.R, 18), Tint(colour.G, 18), Tint(colour.B, 18)));
            var side = shape.Side * CellPixels;
            for (var y = 0; y < side; y++)
                for (var x = 0; x < side; x++)
                    if (ShapeRaster.Covers(shape.Class, x, y, side))
                        pixels[(shape.Y * CellPixels + y) * Side + shape.X * CellPixels + x] = (byte)(palette.Count - 1);
        }
        DrawGrid(pixels, palette);
        return PalettePng.Encode(Side, Side, pixels, palette);
    }

    // Lines over everything, lighter from left to right and from top to bottom: where a patch lies can be read from the patch itself. A model of a
    // million parameters would otherwise spend its minutes on finding out what a picture's left is.
    private static void DrawGrid(byte[] pixels, List<(byte, byte, byte)> palette)
    {
        var first = palette.Count;
        for (var line = 0; line < SceneLayout.Cells; line++)
        {
            var shade = (byte)(40 * line);
            palette.Add((shade, shade, shade));
        }
        for (var at = 0; at < Side; at++)
            for (var line = 0; line < SceneLayout.Cells; line++)
            {
                if (at % CellPixels != 0) pixels[at * Side + line * CellPixels] = (byte)(first + line);
                pixels[line * CellPixels * Side + at] = (byte)(first + line);
            }
    }
}
