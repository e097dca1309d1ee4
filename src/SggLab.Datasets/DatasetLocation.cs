using SggLab.Datasets.Psg;
using SggLab.Datasets.VisualGenome;

namespace SggLab.Datasets;

/// <summary>The formats that are read.</summary>
public enum DatasetKind
{
    /// <summary>The published parquet layouts: a hub folder, a folder of files, or one file.</summary>
    Parquet,

    /// <summary>VG-SGG-with-attri.h5 with what lies beside it.</summary>
    VisualGenome,

    /// <summary>psg.json.</summary>
    Psg,
}

/// <summary>How the formats are read; null takes the reference loaders' ways.</summary>
/// <param name="Dangling">Of parquet: whether relations to missing objects are refused.</param>
public sealed record DatasetOptions(VgOptions? VisualGenome = null, PsgOptions? Psg = null, DanglingRelations Dangling = DanglingRelations.Refuse);

/// <summary>A path and what it holds.</summary>
/// <param name="File">The h5 or JSON file, or for parquet the path itself.</param>
public sealed record DatasetLocation(DatasetKind Kind, string File)
{
    public string FormatName => Kind switch
    {
        DatasetKind.Parquet => "parquet",
        DatasetKind.VisualGenome => "vg-h5",
        _ => "psg-json",
    };

    /// <summary>Tells the format by name, and for other names by the first bytes.</summary>
    /// <exception cref="DatasetException">Nothing there, or no data set in the folder.</exception>
    public static DatasetLocation Of(string path)
    {
        if (System.IO.File.Exists(path)) return new DatasetLocation(KindOf(path), path);
        if (!Directory.Exists(path)) throw new DatasetException(path, null, null, "there is no such file or folder; give a parquet file or hub folder, VG-SGG-with-attri.h5 or psg.json");
        if (HubFolder.HasParquet(path)) return new DatasetLocation(DatasetKind.Parquet, path);
        var h5 = Directory.EnumerateFiles(path, "*.h5").Order(StringComparer.Ordinal).ToList();
        var psg = Path.Combine(path, "psg.json");
        return (h5, System.IO.File.Exists(psg)) switch
        {
            ([var only], false) => new DatasetLocation(DatasetKind.VisualGenome, only),
            ([], true) => new DatasetLocation(DatasetKind.Psg, psg),
            ([], false) => throw new DatasetException(path, null, null, $"the folder holds no data set; {HubFolder.Below(path) ?? "expected parquet files (in data/), one h5 file, or psg.json"}"),
            _ => throw new DatasetException(path, null, null, $"the folder holds several data sets ({string.Join(", ", h5.Select(Path.GetFileName))}{(System.IO.File.Exists(psg) ? ", psg.json" : "")}); give the file itself"),
        };
    }

    /// <summary>Names of the splits.</summary>
    public IReadOnlyList<string> Splits => Kind switch
    {
        DatasetKind.Parquet => [.. HubFolder.Find(File).Select(split => split.Name)],
        DatasetKind.VisualGenome => VgDataset.Splits,
        _ => PsgDataset.Splits,
    };

    /// <summary>Opens one split.</summary>
    /// <param name="split">Null where there is only one.</param>
    /// <exception cref="DatasetException">No such split, or a file is missing or damaged.</exception>
    public ISceneGraphDataset Open(string? split = null, DatasetOptions? options = null)
    {
        options ??= new DatasetOptions();
        if (Kind == DatasetKind.Parquet) return ParquetDataset.Open(File, split, options.Dangling);
        if (split is null) throw new DatasetException(File, null, null, $"holds the splits {string.Join(", ", Splits)}; say which one is meant");
        return Kind == DatasetKind.VisualGenome ? VgDataset.Open(File, split, options.VisualGenome) : PsgDataset.Open(File, split, options.Psg);
    }

    private static DatasetKind KindOf(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".H5" or ".HDF5" => DatasetKind.VisualGenome,
        ".JSON" => DatasetKind.Psg,
        ".PARQUET" => DatasetKind.Parquet,
        _ => KindByContent(path),
    };

    private static DatasetKind KindByContent(string path)
    {
        Span<byte> head = stackalloc byte[8];
        try
        {
            using var stream = System.IO.File.OpenRead(path);
            head = head[..stream.ReadAtLeast(head, 8, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(path, null, null, $"cannot be opened ({e.Message}); check the path and its permissions", e);
        }
        if (head.Length > 1 && head[0] == 0x89 && head[1] == (byte)'H') return DatasetKind.VisualGenome;
        return head.Length > 0 && head[0] is (byte)'{' or (byte)' ' or (byte)'\n' ? DatasetKind.Psg : DatasetKind.Parquet;
    }
}
