using System.Collections;

namespace SggLab.Datasets.VisualGenome;

/// <summary>How VG-SGG-with-attri.h5 is read; the defaults are the reference loader's (Scene-Graph-Benchmark.pytorch, load_graphs).</summary>
public sealed record VgOptions
{
    /// <summary>VG-SGG-dicts-with-attri.json; null looks beside the h5 file and falls back on the built-in VG150 names.</summary>
    public string? Dictionary { get; init; }

    /// <summary>image_data.json; null looks beside the h5 file. Without it image ids are indices and boxes stay in the frame of 1024.</summary>
    public string? ImageData { get; init; }

    /// <summary>Folder of id.jpg; null looks for VG_100K (and VG_100K_2) beside the h5 file.</summary>
    public string? Images { get; init; }

    /// <summary>How many of split 0 are validation (num_val_im).</summary>
    public int ValidationImages { get; init; } = 5000;

    /// <summary>Leave out images without relations (filter_empty_rels).</summary>
    public bool OnlyWithRelations { get; init; } = true;

    /// <summary>In train, drop relations whose boxes do not touch and images left without any (filter_non_overlap).</summary>
    public bool DropDistantRelations { get; init; }

    /// <summary>Clip boxes to the picture: x to [0, width - 1], y to [0, height - 1].</summary>
    public bool ClipToImage { get; init; }
}

/// <summary>One split (train, val or test) of Visual Genome's common scene-graph file.</summary>
public sealed class VgDataset : ISceneGraphDataset
{
    public static IReadOnlyList<string> Splits { get; } = ["train", "val", "test"];

    private readonly VgSource _source;
    private readonly int[] _rows;

    private VgDataset(VgSource source, int[] rows) => (_source, _rows) = (source, rows);

    public int Count => _rows.Length;

    public SceneGraphExample this[int row] => _source.Example(_rows[row]);

    /// <param name="path">VG-SGG-with-attri.h5.</param>
    /// <exception cref="DatasetException">A file is missing or damaged, or tables disagree.</exception>
    public static VgDataset Open(string path, string split, VgOptions? options = null) => Open(VgSource.Open(path, options ?? new VgOptions()), split);

    internal static VgDataset Open(VgSource source, string split) => new(source, source.Rows(split));

    /// <summary>Whether image_data.json was found: without it boxes are in the frame of 1024.</summary>
    public bool KnowsImageSizes => _source.KnowsImageSizes;

    /// <summary>Names of the attributes of each object of an example.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Attributes(int row) => _source.Attributes(_rows[row]);

    /// <summary>The index of an example's image among those that have a graph, as the h5 file counts them.</summary>
    public int ImageIndex(int row) => _rows[row];

    public IEnumerator<SceneGraphExample> GetEnumerator()
    {
        for (var row = 0; row < Count; row++) yield return this[row];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Nothing is held open: the tables were read whole.</summary>
    public void Dispose() { }
}
