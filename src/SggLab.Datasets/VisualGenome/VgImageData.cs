using System.Globalization;
using System.Text.Json;

namespace SggLab.Datasets.VisualGenome;

/// <summary>An entry of image_data.json that has a graph.</summary>
internal sealed record VgImage(string ImageId, int Width, int Height);

/// <summary>image_data.json without the four pictures that the reference's loader leaves out (visual_genome.py, load_image_filenames).</summary>
internal static class VgImageData
{
    private static readonly HashSet<string> LeftOut = ["1592", "1722", "4616", "4617"];

    /// <exception cref="DatasetException">Not JSON, or an entry without image_id, width and height.</exception>
    public static IReadOnlyList<VgImage> Read(string path)
    {
        using var document = JsonFile.Parse(path);
        if (document.RootElement.ValueKind != JsonValueKind.Array) throw new DatasetException(path, null, null, $"holds a JSON {document.RootElement.ValueKind}; expected a list of images");
        var images = new List<VgImage>();
        var row = 0;
        foreach (var entry in document.RootElement.EnumerateArray())
        {
            var image = Image(path, row++, entry);
            if (!LeftOut.Contains(image.ImageId)) images.Add(image);
        }
        return images;
    }

    private static VgImage Image(string path, int row, JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object) throw new DatasetException(path, row, null, $"a JSON {entry.ValueKind}; expected an object with image_id, width and height");
        return new VgImage(Number("image_id").ToString(CultureInfo.InvariantCulture), Side("width"), Side("height"));

        long Number(string key) => entry.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)
            ? number
            : throw new DatasetException(path, row, key, $"{(entry.TryGetProperty(key, out var found) ? found.GetRawText() : "missing")}; expected a whole number");
        int Side(string key) => Number(key) is > 0 and <= 1_000_000 and var side ? (int)side : throw new DatasetException(path, row, key, $"{Number(key)}; expected a size in pixels");
    }
}
