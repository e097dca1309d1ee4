namespace SggLab.Datasets.Parquet;

/// <summary>
/// The columns of the published layouts, found in a file's schema: image_id, image struct{bytes, path}, objects and
/// relationships as JSON texts, and perhaps prompt_open and prompt_close. The image is known by its shape, so that a file
/// without the hub's metadata reads as well.
/// </summary>
internal sealed record SceneGraphColumns(
    ParquetLeaf ImageId, ParquetLeaf ImageBytes, ParquetLeaf? ImagePath, ParquetLeaf? PromptOpen, ParquetLeaf? PromptClose, ParquetLeaf Objects, ParquetLeaf Relationships)
{
    /// <summary>Definition level from which on the image structure itself is there.</summary>
    public int ImageStructDefinition { get; } = ImageBytes.MaxDefinition - 1;

    /// <exception cref="DatasetException">A column is missing or has another type.</exception>
    public static SceneGraphColumns Find(ParquetFile file)
    {
        var leaves = file.Metadata.Leaves.GroupBy(leaf => leaf.Path, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var top = file.Metadata.TopLevel;

        ParquetLeaf Text(string name, string holds, bool numbers = false)
        {
            if (!top.Contains(name)) throw Wrong(name, $"the column is missing; expected {holds}. The file has the columns {string.Join(", ", top)}");
            if (!leaves.TryGetValue(name, out var leaf)) throw Wrong(name, $"the column is a structure ({Inside(name)}); expected {holds}");
            var isText = leaf.Type == PhysicalType.ByteArray || numbers && leaf.Type is PhysicalType.Int32 or PhysicalType.Int64 && numbers;
            if (!isText || leaf.MaxRepetition > 0) throw Wrong(name, $"the column is {(leaf.MaxRepetition > 0 ? "a list of " : "")}{leaf.Type}; expected {holds}");
            return leaf;
        }
        ParquetLeaf? OptionalText(string name) => top.Contains(name) ? Text(name, "text") : null;
        ParquetLeaf ImageBytes()
        {
            const string Holds = "struct{bytes: binary, path: string} as the datasets library writes images";
            if (!top.Contains("image")) throw Wrong("image", $"the column is missing; expected {Holds}. The file has the columns {string.Join(", ", top)}");
            if (leaves.TryGetValue("image", out var plain)) throw Wrong("image", $"the column is {plain.Type}; expected {Holds}");
            if (!leaves.TryGetValue("image.bytes", out var bytes) || bytes.Type != PhysicalType.ByteArray || bytes.MaxRepetition > 0) throw Wrong("image", $"the column is a structure ({Inside("image")}); expected {Holds}");
            return bytes;
        }
        string Inside(string name) => string.Join(", ", file.Metadata.Leaves.Where(leaf => leaf.Path.StartsWith(name + ".", StringComparison.Ordinal)).Select(leaf => $"{leaf.Path} {leaf.Type}"));
        DatasetException Wrong(string field, string problem) => new(file.Path, null, field, problem);

        var imagePath = leaves.GetValueOrDefault("image.path");
        return new SceneGraphColumns(
            Text("image_id", "the image's id as text", numbers: true),
            ImageBytes(),
            imagePath is { Type: PhysicalType.ByteArray, MaxRepetition: 0 } ? imagePath : null,
            OptionalText("prompt_open"),
            OptionalText("prompt_close"),
            Text("objects", "JSON text: a list of {\"id\", \"bbox\"}"),
            Text("relationships", "JSON text: a list of {\"subject\", \"predicate\", \"object\"}"));
    }
}
