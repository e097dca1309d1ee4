using System.Collections;
using System.Globalization;
using System.Text.Json;
using SggLab.SceneGraphs.Graphs;

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
    /// <summary>Folder that holds train2017 and val2017; null looks for coco beside the file, else beside it.</summary>
    public string? Images { get; init; }

    public PsgRelations Relations { get; init; } = PsgRelations.Reference;
    public PsgObjects Objects { get; init; } = PsgObjects.All;

    /// <summary>Leave out images without relations.</summary>
    public bool OnlyWithRelations { get; init; } = true;

    /// <summary>Of the draw among a pair's predicates; the reference's is not seeded.</summary>
    public long Seed { get; init; } = 42;
}

/// <summary>One split (train or test) of PSG. Records are read from the file one at a time.</summary>
public sealed class PsgDataset : ISceneGraphDataset, IDisposable
{
    private readonly string _path;
    private readonly PsgHeader _header;
    private readonly PsgOptions _options;
    private readonly bool _train;
    private readonly string _images;
    private readonly int[] _rows;
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _handle;

    private PsgDataset(string path, PsgHeader header, int[] rows, string split, PsgOptions options)
    {
        (_path, _header, _rows, _options, _train) = (path, header, rows, options, split == "train");
        var coco = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "coco");
        _images = options.Images ?? (Directory.Exists(coco) ? coco : Path.GetDirectoryName(Path.GetFullPath(path))!);
        _handle = File.OpenHandle(path);
    }

    public static IReadOnlyList<string> Splits { get; } = ["train", "test"];

    public int Count => _rows.Length;

    public SceneGraphExample this[int row] => Example(_rows[row]);

    /// <summary>Reads the whole file once for its index and lists.</summary>
    /// <exception cref="DatasetException">Not JSON, cut off, or a key is missing. Records are checked when they are read.</exception>
    public static PsgDataset Open(string path, string split, PsgOptions? options = null)
    {
        options ??= new PsgOptions();
        if (!Splits.Contains(split)) throw new DatasetException(path, null, null, $"has no split '{split}'; it has {string.Join(", ", Splits)}");
        var ids = new List<(string Id, bool Related)>();
        var header = PsgHeader.Read(path, (row, record) =>
        {
            var keys = new RecordKeys(record, path, row);
            ids.Add((keys.Text("image_id"), keys.List("relations").Count > 0));
        });
        var rows = Enumerable.Range(0, ids.Count)
            .Where(row => header.TestIds.Contains(ids[row].Id) == (split == "test") && (ids[row].Related || !options.OnlyWithRelations));
        return new PsgDataset(path, header, [.. rows], split, options);
    }

    public IEnumerator<SceneGraphExample> GetEnumerator()
    {
        foreach (var row in _rows) yield return Example(row);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose() => _handle.Dispose();

    private SceneGraphExample Example(int row)
    {
        var (offset, length) = _header.Records[row];
        var text = new byte[length];
        for (var got = 0; got < length;)
        {
            var read = RandomAccess.Read(_handle, text.AsSpan(got), offset + got);
            if (read == 0) throw new DatasetException(_path, row, null, "the file has become shorter since it was opened");
            got += read;
        }
        using var document = JsonDocument.Parse(text);
        return Example(row, PsgRecord.Read(document.RootElement, _path, row, _header));
    }

    private SceneGraphExample Example(int row, PsgRecord record)
    {
        var origin = new RowOrigin(_path, row);
        var kept = Enumerable.Range(0, record.Boxes.Length).Where(i => _options.Objects == PsgObjects.All || record.IsThing[i]).ToList();
        var objects = new Dictionary<int, SceneObject>();
        foreach (var i in kept)
            objects[i] = new SceneObject(string.Create(CultureInfo.InvariantCulture, $"{_header.Category(record.Categories[i])}.{objects.Count + 1}"), record.Boxes[i]);
        return new SceneGraphExample
        {
            ImageId = record.ImageId,
            Image = EncodedImage.FromFile(Path.Combine(_images, record.FileName), origin, "image", new ImageSize(record.Width, record.Height)),
            Objects = [.. objects.Values],
            Relationships = [.. Relations(record, row)
                .Where(r => objects.ContainsKey(r.Subject) && objects.ContainsKey(r.Object))
                .Select(r => new SceneRelationship(objects[r.Subject].Id, _header.Predicates[r.Predicate], objects[r.Object].Id))],
            Origin = origin,
        };
    }

    private IEnumerable<(int Subject, int Object, int Predicate)> Relations(PsgRecord record, int row)
    {
        if (_options.Relations == PsgRelations.All) return record.Relations;
        if (!_train) return record.Relations.Distinct();
        var random = StableRandom.For(_options.Seed, row);
        return record.Relations.GroupBy(r => (r.Subject, r.Object)).Select(pair => pair.ElementAt(random.Below(pair.Count())));
    }
}
