using System.Globalization;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets.Psg;

/// <summary>psg.json with its folder of pictures; any record can be read alone.</summary>
internal sealed class PsgSource : IDisposable
{
    private readonly string _path;
    private readonly PsgHeader _header;
    private readonly PsgOptions _options;
    private readonly string? _images;
    private readonly SafeFileHandle _handle;

    private PsgSource(string path, PsgHeader header, PsgOptions options)
    {
        (_path, _header, _options) = (path, header, options);
        var beside = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var coco = Path.Combine(beside, "coco");
        _images = options.Images ?? (Directory.Exists(coco) ? coco : Directory.Exists(Path.Combine(beside, "train2017")) || Directory.Exists(Path.Combine(beside, "val2017")) ? beside : null);
        _handle = File.OpenHandle(path);
    }

    public int Count => _header.Records.Count;

    /// <summary>Whether a folder of pictures was given or found.</summary>
    public bool HasPictures => _images is not null;

    public static PsgSource Open(string path, PsgOptions options) => new(path, PsgHeader.Read(path), options);

    public bool IsTest(PsgRecord record) => _header.TestIds.Contains(record.ImageId);

    public string SplitOf(PsgRecord record) => IsTest(record) ? "test" : "train";

    public bool IsKept(PsgRecord record) => record.Relations.Length > 0 || !_options.OnlyWithRelations;

    /// <exception cref="DatasetException">The record is broken.</exception>
    public PsgRecord Record(int row)
    {
        var (offset, length) = _header.Records[row];
        var text = new byte[length];
        for (var got = 0; got < length;)
        {
            var read = RandomAccess.Read(_handle, text.AsSpan(got), offset + got);
            if (read == 0) throw new DatasetException(_path, row, null, "the file has become shorter since it was opened");
            got += read;
        }
        try
        {
            using var document = JsonDocument.Parse(text);
            return PsgRecord.Read(document.RootElement, _path, row, _header);
        }
        catch (InvalidOperationException e)
        {
            throw JsonFile.NoText(_path, row, "data", e);
        }
    }

    public SceneGraphExample Example(int row, PsgRecord record)
    {
        var origin = new RowOrigin(_path, row);
        // Segment index to object: with things only, the numbering closes up.
        var objects = new Dictionary<int, SceneObject>();
        for (var i = 0; i < record.Boxes.Length; i++)
            if (_options.Objects == PsgObjects.All || record.IsThing[i])
                objects[i] = new SceneObject(string.Create(CultureInfo.InvariantCulture, $"{_header.Category(record.Categories[i])}.{objects.Count + 1}"), record.Boxes[i]);
        return new SceneGraphExample
        {
            ImageId = record.ImageId,
            Image = EncodedImage.FromFile(_images is null ? record.FileName : Path.Combine(_images, record.FileName), origin, "image", new ImageSize(record.Width, record.Height)),
            Objects = [.. objects.OrderBy(pair => pair.Key).Select(pair => pair.Value)],
            Relationships = [.. Relations(record, row)
                .Where(r => objects.ContainsKey(r.Subject) && objects.ContainsKey(r.Object))
                .Select(r => new SceneRelationship(objects[r.Subject].Id, _header.Predicates[r.Predicate], objects[r.Object].Id))],
            Origin = origin,
        };
    }

    public void Dispose() => _handle.Dispose();

    private IEnumerable<(int Subject, int Object, int Predicate)> Relations(PsgRecord record, int row)
    {
        if (_options.Relations == PsgRelations.All) return record.Relations;
        if (IsTest(record)) return record.Relations.Distinct();
        var random = StableRandom.For(_options.Seed, row);
        return record.Relations.GroupBy(r => (r.Subject, r.Object)).Select(pair => pair.ElementAt(random.Below(pair.Count())));
    }
}
