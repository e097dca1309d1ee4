using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets;

/// <summary>How box coordinates are written. What rounding the published files were made with is not known.</summary>
public enum BoxRounding
{
    /// <summary>To the nearest whole pixel, halves to even.</summary>
    Nearest,

    /// <summary>As they are.</summary>
    None,
}

/// <summary>Writes any data set in the published parquet layout.</summary>
public static class DatasetConversion
{
    /// <param name="folder">The hub folder to write.</param>
    /// <param name="prompts">Whether the columns prompt_open and prompt_close are written: R1-SGG's texts for VG150 where the examples have none.</param>
    /// <param name="replace">Whether a data set that the folder holds is replaced rather than refused. It must not be the source.</param>
    /// <param name="progress">Rows written so far.</param>
    /// <exception cref="DatasetException">A row cannot be read, a picture is missing, or the folder cannot be written; nothing is left under a final name.</exception>
    public static void Write(ISceneGraphDataset source, string folder, BoxRounding rounding, bool prompts, int shards, string about, bool replace = false, Action<long>? progress = null) =>
        HubWriter.Write(folder, source.Select(example => Ready(example, rounding, prompts)), source.Count, about, prompts, shards, replace: replace, progress: progress);

    private static SceneGraphExample Ready(SceneGraphExample example, BoxRounding rounding, bool prompts) => example with
    {
        Image = EncodedImage.FromBytes(example.Image.Bytes, Path.GetFileName(example.Image.Path), example.Origin),
        Objects = rounding == BoxRounding.None ? example.Objects : [.. example.Objects.Select(item => item with { Box = Rounded(item.Box) })],
        PromptOpen = prompts ? example.PromptOpen ?? Prompts.PromptTexts.Open : null,
        PromptClose = prompts ? example.PromptClose ?? Prompts.PromptTexts.ClosedVg150 : null,
    };

    private static Box Rounded(Box box) => new(Math.Round(box.X1), Math.Round(box.Y1), Math.Round(box.X2), Math.Round(box.Y2));
}
