using System.Collections;

namespace SggLab.Datasets.Psg;

/// <summary>Which relations of a pair are kept.</summary>
public enum PsgRelations
{
    /// <summary>The reference's: train keeps one predicate a pair, drawn at random; test keeps all and drops equal triplets.</summary>
    Reference,

    /// <summary>All, equal triplets too, as the published parquet files may hold them.</summary>
    All,
}

/// <summary>Which segments become objects.</summary>
public enum PsgObjects
{
    All,

    /// <summary>Things only; relations to stuff go with it.</summary>
    Things,
}

/// <summary>How psg.json is read; the defaults are the reference loader's (OpenPSG, PanopticSceneGraphDataset).</summary>
public sealed record PsgOptions
{
    /// <summary>Folder that holds train2017 and val2017; null looks for coco, then for these two, beside the file.</summary>
    public string? Images { get; init; }

    public PsgRelations Relations { get; init; } = PsgRelations.Reference;
    public PsgObjects Objects { get; init; } = PsgObjects.All;

    /// <summary>Leave out images without relations.</summary>
    public bool OnlyWithRelations { get; init; } = true;

    /// <summary>Of the draw among a pair's predicates; the reference's is not seeded.</summary>
    public long Seed { get; init; } = 42;
}

/// <summary>One split (train or test) of PSG. Records are read from the file one at a time.</summary>
public sealed class PsgDataset : ISceneGraphDataset
{
    private readonly PsgSource _source;
    private readonly int[] _rows;

    private PsgDataset(PsgSource source, int[] rows) => (_source, _rows) = (source, rows);

    public static IReadOnlyList<string> Splits { get; } = ["train", "test"];

    public int Count => _rows.Length;

    public SceneGraphExample this[int row] => _source.Example(_rows[row], _source.Record(_rows[row]));

    /// <summary>Reads the whole file for its lists and to find the split's records.</summary>
    /// <exception cref="DatasetException">Not JSON, cut off, or a record is broken.</exception>
    public static PsgDataset Open(string path, string split, PsgOptions? options = null)
    {
        if (!Splits.Contains(split)) throw new DatasetException(path, null, null, $"has no split '{split}'; it has {string.Join(", ", Splits)}");
        var source = PsgSource.Open(path, options ?? new PsgOptions());
        try
        {
            var rows = Enumerable.Range(0, source.Count).Where(row => source.Record(row) is var record && source.IsKept(record) && source.SplitOf(record) == split);
            return new PsgDataset(source, [.. rows]);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    public IEnumerator<SceneGraphExample> GetEnumerator()
    {
        for (var row = 0; row < Count; row++) yield return this[row];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose() => _source.Dispose();
}
