using SggLab.Datasets.Synthetic;

namespace SggLab.Datasets.Bench;

/// <summary>A data set of the published layout and size: graphs of synthetic scenes, with pictures of a photograph's weight that nothing compresses.</summary>
internal static class LargeDataset
{
    /// <summary>About what a photograph of VG150 weighs.</summary>
    private const int PictureBytes = 100_000;

    private const int Scenes = 500;

    public static void Write(string folder, long bytes)
    {
        var scenes = Enumerable.Range(0, Scenes).Select(i => SyntheticScenes.Scene(1, i)).ToList();
        var rows = Math.Max(1, bytes / PictureBytes);
        HubWriter.Write(folder, Rows(scenes, rows), rows, "A large data set for measuring.", prompts: true, shards: (int)Math.Max(1, bytes / 500_000_000));
    }

    private static IEnumerable<SceneGraphExample> Rows(List<SceneGraphExample> scenes, long rows)
    {
        var random = new Random(1);
        for (long row = 0; row < rows; row++)
        {
            var scene = scenes[(int)(row % scenes.Count)];
            var picture = new byte[PictureBytes];
            random.NextBytes(picture);
            // Inspection without decoding looks at the first bytes: those of a JPEG.
            ((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF, 0xE0]).CopyTo(picture);
            yield return scene with { ImageId = $"{row:D8}", Image = EncodedImage.FromBytes(picture, $"{row:D8}.jpg", scene.Origin) };
        }
    }
}
