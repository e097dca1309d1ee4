using System.Collections;
using SggLab.Datasets.Parquet;

namespace SggLab.Datasets;

/// <summary>
/// One split of a data set in the published parquet layout. Enumerating streams: memory follows the largest page, not the
/// data set. Single rows are read by number; files that fit <see cref="KeptBytes"/> together are kept in memory after the
/// first read of a row, larger ones are read from disk each time.
/// </summary>
public sealed class ParquetDataset : ISceneGraphDataset
{
    /// <summary>Data sets of up to this many bytes on disk are kept in memory once single rows are asked for (64 MiB).</summary>
    public const long KeptBytes = 64L << 20;

    private readonly List<(ParquetFile File, SceneGraphColumns Columns, RowReader Reader, int FirstRow)> _files = [];
    private readonly DanglingRelations _dangling;
    private readonly Lock _lock = new();
    private SceneGraphExample?[]? _kept;

    private ParquetDataset(DatasetSplit split, DanglingRelations dangling)
    {
        Split = split;
        _dangling = dangling;
    }

    public DatasetSplit Split { get; }

    public int Count { get; private set; }

    /// <summary>Opens a hub folder, a folder of parquet files or one file; checks footers and column types.</summary>
    /// <param name="split">Null where the data set has one split only.</param>
    /// <param name="dangling">Whether a relation to a missing object is refused (the default) or kept.</param>
    /// <exception cref="DatasetException">Missing, damaged or of another layout.</exception>
    public static ParquetDataset Open(string path, string? split = null, DanglingRelations dangling = DanglingRelations.Refuse) =>
        Open(HubFolder.Find(path, split), dangling);

    public static ParquetDataset Open(DatasetSplit split, DanglingRelations dangling = DanglingRelations.Refuse)
    {
        var dataset = new ParquetDataset(split, dangling);
        try
        {
            foreach (var path in split.Files)
            {
                var file = ParquetFile.Open(path);
                dataset._files.Add((file, null!, null!, 0));
                var columns = SceneGraphColumns.Find(file);
                dataset._files[^1] = (file, columns, new RowReader(file, columns), dataset.Count);
                dataset.Count = checked(dataset.Count + (int)file.Metadata.Rows);
            }
            return dataset;
        }
        catch
        {
            dataset.Dispose();
            throw;
        }
    }

    public SceneGraphExample this[int row]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(row);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
            lock (_lock)
            {
                if (_kept is null && _files.Sum(file => file.File.Length) <= KeptBytes) _kept = KeepAll();
                return _kept?[row] ?? ReadFromDisk(row);
            }
        }
    }

    public IEnumerator<SceneGraphExample> GetEnumerator()
    {
        foreach (var (file, columns, _, _) in _files)
        {
            var reader = new RowReader(file, columns);
            while (reader.Next()) yield return Checked(reader);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>All rows in an order drawn by the seed, the same for any shard layout.</summary>
    public IEnumerable<SceneGraphExample> Shuffled(long seed) => Permutation.Of(Count, seed).Select(row => this[row]);

    /// <summary>
    /// Reads rows to find damage before work begins: all that are wanted where the files fit <see cref="KeptBytes"/> together, else the first and the last row of each file.
    /// </summary>
    /// <param name="rows">How many of the first rows are wanted; null = all.</param>
    /// <param name="look">Given each row that was read.</param>
    /// <exception cref="DatasetException">The first row that cannot be read.</exception>
    public void Probe(int? rows = null, Action<SceneGraphExample>? look = null)
    {
        var wanted = Math.Min(rows ?? Count, Count);
        if (_files.Sum(file => file.File.Length) <= KeptBytes)
        {
            foreach (var example in this.Take(wanted)) look?.Invoke(example);
            return;
        }
        foreach (var (file, columns, _, firstRow) in _files.Where(file => file.File.Metadata.Rows > 0 && file.FirstRow < wanted))
        {
            var reader = new RowReader(file, columns);
            foreach (var row in new[] { 0, Math.Min(file.Metadata.Rows, wanted - firstRow) - 1 })
            {
                reader.Seek(row);
                var example = Checked(reader);
                look?.Invoke(example);
            }
        }
    }

    public void Dispose()
    {
        foreach (var file in _files) file.File.Dispose();
    }

    private SceneGraphExample ReadFromDisk(int row)
    {
        var file = _files.Last(file => file.FirstRow <= row);
        file.Reader.Seek(row - file.FirstRow);
        return Checked(file.Reader);
    }

    // Reading through once is cheaper than unpacking a page for each row. A broken row is left out here and throws when it is asked for.
    private SceneGraphExample?[] KeepAll()
    {
        var kept = new SceneGraphExample?[Count];
        foreach (var (file, columns, _, firstRow) in _files)
        {
            var reader = new RowReader(file, columns);
            try
            {
                for (var row = firstRow; reader.Next(); row++) kept[row] = TryRead(reader);
            }
            catch (DatasetException)
            {
                continue;
            }
        }
        return kept;
    }

    private SceneGraphExample? TryRead(RowReader reader)
    {
        try
        {
            return Checked(reader);
        }
        catch (DatasetException)
        {
            return null;
        }
    }

    private SceneGraphExample Checked(RowReader reader)
    {
        var example = reader.ReadExample();
        GraphChecks.Check(example, _dangling);
        return example;
    }
}
