namespace SggLab.Datasets.VisualGenome;

/// <summary>
/// VG-SGG-with-attri.h5 as tables: boxes of all images in one, each image's part named by its first and last row (-1 for none).
/// A few integers a box are held; pictures stay on disk.
/// </summary>
internal sealed class VgFile
{
    /// <summary>Longer side of every picture in the frame of boxes_1024.</summary>
    public const int BoxFrame = 1024;

    private readonly int[] _labels, _boxes, _relations, _predicates, _firstBox, _lastBox, _firstRelation, _lastRelation;
    private readonly Lazy<(int[] Table, int Width)> _attributes;

    private VgFile(string path, H5Tables tables)
    {
        Path = path;
        Split = tables.Read("split", 0, out _);
        _firstBox = tables.Read("img_to_first_box", 0, out _);
        _lastBox = tables.Read("img_to_last_box", 0, out _);
        _firstRelation = tables.Read("img_to_first_rel", 0, out _);
        _lastRelation = tables.Read("img_to_last_rel", 0, out _);
        _boxes = tables.Read("boxes_1024", 4, out _);
        _labels = tables.Read("labels", 1, out _);
        _relations = tables.Read("relationships", 2, out _);
        _predicates = tables.Read("predicates", 1, out _);
        // The largest table by far, and few ask for it.
        _attributes = new Lazy<(int[], int)>(() => ReadAttributes(path));
        SameLength(("split", Split.Length), ("img_to_first_box", _firstBox.Length), ("img_to_last_box", _lastBox.Length), ("img_to_first_rel", _firstRelation.Length), ("img_to_last_rel", _lastRelation.Length));
        SameLength(("boxes_1024", _boxes.Length / 4), ("labels", _labels.Length));
        SameLength(("relationships", _relations.Length / 2), ("predicates", _predicates.Length));
    }

    public string Path { get; }

    /// <summary>Of each image: 0 train and validation, 2 test.</summary>
    public int[] Split { get; }

    public int Images => Split.Length;

    public static VgFile Read(string path)
    {
        using var tables = H5Tables.Open(path);
        return new VgFile(path, tables);
    }

    public bool HasBoxes(int image) => _firstBox[image] >= 0;

    public bool HasRelations(int image) => _firstRelation[image] >= 0;

    /// <summary>One image's part of the tables, checked.</summary>
    /// <exception cref="DatasetException">A range, box, label or relation that cannot be; the row is the image's index.</exception>
    public VgGraph Graph(int image, VgNames names)
    {
        var (first, count) = Range(image, "img_to_first_box", _firstBox, "img_to_last_box", _lastBox, _labels.Length, "boxes");
        var boxes = new VgBox[count];
        for (var i = 0; i < count; i++) boxes[i] = Box(image, first + i, names);
        var (firstRelation, relationCount) = Range(image, "img_to_first_rel", _firstRelation, "img_to_last_rel", _lastRelation, _predicates.Length, "relationships");
        var relations = new (int, int, int)[relationCount];
        for (var i = 0; i < relationCount; i++) relations[i] = Relation(image, firstRelation + i, first, count, names);
        return new VgGraph(boxes, relations);
    }

    private (int First, int Count) Range(int image, string firstName, int[] firsts, string lastName, int[] lasts, int rows, string of)
    {
        var (first, last) = (firsts[image], lasts[image]);
        if (first < 0 && last < 0) return (0, 0);
        if (first < 0 || last < first) throw Bad(image, firstName, $"{firstName} is {first} and {lastName} {last}; expected a range, or -1 in both");
        if (last >= rows) throw Bad(image, lastName, $"{lastName} is {last}, but there are {rows} {of}");
        return (first, last - first + 1);
    }

    private VgBox Box(int image, int row, VgNames names)
    {
        var (cx, cy, width, height) = (_boxes[4 * row], _boxes[4 * row + 1], _boxes[4 * row + 2], _boxes[4 * row + 3]);
        if (width <= 0 || height <= 0) throw Bad(image, "boxes_1024", $"box {row} has the size {width} x {height}; expected more than 0");
        if (cx < 0 || cy < 0) throw Bad(image, "boxes_1024", $"box {row} has its centre at ({cx}, {cy}); expected no negative numbers");
        var label = _labels[row];
        if (label < 1 || label > names.Labels.Count) throw Bad(image, "labels", $"box {row} has the label {label}; {names.Source} name 1 to {names.Labels.Count}");
        // The reference subtracts a half in floating point and stores into int32: truncation toward zero.
        var (x1, y1) = ((int)Math.Truncate(cx - width / 2.0), (int)Math.Truncate(cy - height / 2.0));
        return new VgBox(row, label, x1, y1, x1 + width, y1 + height);
    }

    private (int, int, int) Relation(int image, int row, int firstBox, int boxes, VgNames names)
    {
        var (subject, @object, predicate) = (_relations[2 * row] - firstBox, _relations[2 * row + 1] - firstBox, _predicates[row]);
        if (subject < 0 || subject >= boxes || @object < 0 || @object >= boxes)
            throw Bad(image, "relationships", $"relation {row} joins the boxes {_relations[2 * row]} and {_relations[2 * row + 1]}, but the image has {(boxes == 0 ? "none" : $"{firstBox} to {firstBox + boxes - 1}")}");
        if (predicate < 1 || predicate > names.Predicates.Count) throw Bad(image, "predicates", $"relation {row} has the predicate {predicate}; {names.Source} name 1 to {names.Predicates.Count}");
        return (subject, predicate, @object);
    }

    /// <summary>The attribute numbers of a box, without the zeros that fill the row.</summary>
    public IEnumerable<int> Attributes(int boxRow)
    {
        var (table, width) = _attributes.Value;
        return table.Skip(boxRow * width).Take(width).Where(number => number != 0);
    }

    private (int[], int) ReadAttributes(string path)
    {
        using var tables = H5Tables.Open(path);
        if (!tables.Has("attributes")) return ([], 0);
        var table = tables.Read("attributes", -1, out var width);
        if (width > 0) SameLength(("boxes_1024", _boxes.Length / 4), ("attributes", table.Length / width));
        return (table, width);
    }

    private void SameLength(params (string Name, int Rows)[] tables)
    {
        foreach (var (name, rows) in tables)
            if (rows != tables[0].Rows) throw new DatasetException(Path, null, name, $"has {rows} rows where {tables[0].Name} has {tables[0].Rows}; expected as many");
    }

    private DatasetException Bad(int image, string field, string problem) => new(Path, image, field, problem);
}

/// <summary>A box in the frame of 1024, by its corners.</summary>
/// <param name="Row">In the tables of all boxes.</param>
internal readonly record struct VgBox(int Row, int Label, int X1, int Y1, int X2, int Y2);

internal sealed record VgGraph(VgBox[] Boxes, (int Subject, int Predicate, int Object)[] Relations)
{
    /// <summary>
    /// Without relations whose boxes do not touch, with the pixel that the reference's boxlist_iou adds (filter_non_overlap).
    /// </summary>
    public VgGraph WithoutDistantRelations() => this with { Relations = [.. Relations.Where(r => Touch(Boxes[r.Subject], Boxes[r.Object]))] };

    private static bool Touch(VgBox a, VgBox b) =>
        Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1) + 1 > 0 && Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1) + 1 > 0;
}
