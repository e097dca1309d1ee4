using SggLab.Datasets;
using SggLab.Postgres;

namespace SggLab.Cli.Data;

/// <summary>Whether a folder may be written by a conversion.</summary>
internal static class ConversionTarget
{
    /// <exception cref="DatasetException">It is where the source lies, by whatever name, or it holds a data set that is not to be replaced.</exception>
    public static void Check(DatasetLocation source, string folder, bool replace)
    {
        IEnumerable<string> files = source.Kind == DatasetKind.Parquet ? HubFolder.Find(source.File).SelectMany(split => split.Files) : [source.File];
        var read = files.SelectMany(FoldersOf).ToHashSet(StringComparer.Ordinal);
        if (read.Contains(RealPath.Of(folder)) || read.Contains(RealPath.Of(Path.Combine(folder, "data"))))
            throw new DatasetException(folder, null, null, "is where the data set lies that is to be read, and would be written over it; choose another folder");
        if (!replace) HubWriter.MustBeFree(folder);
    }

    // A file that is a link lies in two folders.
    private static IEnumerable<string> FoldersOf(string file) =>
        [RealPath.Of(Path.GetDirectoryName(Path.GetFullPath(file))!), Path.GetDirectoryName(RealPath.Of(file))!];
}
