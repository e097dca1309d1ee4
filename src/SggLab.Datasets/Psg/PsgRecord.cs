using System.Text.Json;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets.Psg;

/// <summary>A record of psg.json, checked: boxes are xyxy in pixels, relations name segments by index and predicates from 0.</summary>
internal sealed record PsgRecord(
    string ImageId, string FileName, int Width, int Height, Box[] Boxes, int[] Categories, bool[] IsThing, (int Subject, int Object, int Predicate)[] Relations)
{
    /// <exception cref="DatasetException">A key is missing or of another type, or an index is out of range; the row is the record's index.</exception>
    public static PsgRecord Read(JsonElement record, string file, int row, PsgHeader header)
    {
        var keys = new RecordKeys(record, file, row);
        var annotations = keys.List("annotations");
        var segments = keys.List("segments_info");
        if (annotations.Count != segments.Count)
            throw keys.Bad("annotations", $"has {annotations.Count} items where segments_info has {segments.Count}; expected one annotation a segment");
        var boxes = new Box[annotations.Count];
        var categories = new int[annotations.Count];
        var things = new bool[annotations.Count];
        for (var i = 0; i < annotations.Count; i++)
        {
            boxes[i] = ReadBox(keys, annotations[i], i);
            categories[i] = keys.Integer(annotations[i], "annotations", i, "category_id");
            if (categories[i] < 0 || categories[i] >= header.Categories)
                throw keys.Bad("annotations", $"item {i}: category_id is {categories[i]}; thing_classes and stuff_classes name 0 to {header.Categories - 1}");
            things[i] = keys.Flag(segments[i], "segments_info", i, "isthing") ?? categories[i] < header.Things.Length;
        }
        return new PsgRecord(
            keys.Text("image_id"), keys.Text("file_name"), keys.Size("width"), keys.Size("height"), boxes, categories, things,
            [.. keys.List("relations").Select((relation, i) => ReadRelation(keys, relation, i, boxes.Length, header.Predicates.Length))]);
    }

    private static Box ReadBox(RecordKeys keys, JsonElement annotation, int item)
    {
        if (annotation.ValueKind != JsonValueKind.Object) throw keys.Bad("annotations", $"item {item} is a JSON {annotation.ValueKind}; expected an object with bbox and category_id");
        if (annotation.TryGetProperty("bbox_mode", out var mode) && (mode.ValueKind != JsonValueKind.Number || !mode.TryGetInt32(out var number) || number != 0))
            throw keys.Bad("annotations", $"item {item}: bbox_mode is {mode.GetRawText()}; expected 0, [x1, y1, x2, y2]: convert the boxes");
        if (!annotation.TryGetProperty("bbox", out var bbox) || bbox.ValueKind != JsonValueKind.Array) throw keys.Bad("annotations", $"item {item} has no list bbox; expected [x1, y1, x2, y2]");
        if (bbox.GetArrayLength() != 4) throw keys.Bad("annotations", $"item {item}: bbox has {bbox.GetArrayLength()} numbers; expected four, [x1, y1, x2, y2]");
        Span<double> corners = stackalloc double[4];
        for (var i = 0; i < 4; i++)
            if (bbox[i].ValueKind != JsonValueKind.Number || !bbox[i].TryGetDouble(out corners[i]) || !double.IsFinite(corners[i]))
                throw keys.Bad("annotations", $"item {item}: bbox holds {bbox[i].GetRawText()}; expected a number");
        return new Box(corners[0], corners[1], corners[2], corners[3]);
    }

    private static (int, int, int) ReadRelation(RecordKeys keys, JsonElement relation, int item, int segments, int predicates)
    {
        Span<int> triple = stackalloc int[3];
        if (relation.ValueKind != JsonValueKind.Array || relation.GetArrayLength() != 3) throw keys.Bad("relations", $"item {item} is {Shorten(relation)}; expected [subject, object, predicate]");
        for (var i = 0; i < 3; i++)
            if (relation[i].ValueKind != JsonValueKind.Number || !relation[i].TryGetInt32(out triple[i])) throw keys.Bad("relations", $"item {item} is {Shorten(relation)}; expected three whole numbers");
        for (var i = 0; i < 2; i++)
            if (triple[i] < 0 || triple[i] >= segments)
                throw keys.Bad("relations", $"item {item} names segment {triple[i]}; {(segments == 0 ? "the image has none" : $"the image has 0 to {segments - 1}")}");
        if (triple[2] < 0 || triple[2] >= predicates) throw keys.Bad("relations", $"item {item} has predicate {triple[2]}; predicate_classes names 0 to {predicates - 1}");
        return (triple[0], triple[1], triple[2]);
    }

    private static string Shorten(JsonElement value) => value.GetRawText() is { Length: > 40 } text ? text[..40] + "…" : value.GetRawText();
}

/// <summary>Typed access to a record's keys, with messages.</summary>
internal sealed class RecordKeys
{
    private readonly JsonElement _record;
    private readonly string _file;
    private readonly int _row;

    public RecordKeys(JsonElement record, string file, int row)
    {
        (_record, _file, _row) = (record, file, row);
        if (record.ValueKind != JsonValueKind.Object) throw new DatasetException(file, row, "data", $"the record is a JSON {record.ValueKind}; expected an object");
    }

    public DatasetException Bad(string field, string problem) => new(_file, _row, field, problem);

    public List<JsonElement> List(string key) =>
        Required(key, "a list") is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : throw Bad(key, $"a JSON {_record.GetProperty(key).ValueKind}; expected a list");

    public string Text(string key) => Required(key, "text") switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        var other => throw Bad(key, $"a JSON {other.ValueKind}; expected text"),
    };

    public int Size(string key) => Required(key, "a size in pixels") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var size) && size > 0
        ? size
        : throw Bad(key, $"{_record.GetProperty(key).GetRawText()}; expected a size in pixels");

    public int Integer(JsonElement owner, string list, int item, string key) =>
        owner.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
            ? number
            : throw Bad(list, $"item {item}: {key} is {(owner.TryGetProperty(key, out var found) ? found.GetRawText() : "missing")}; expected a whole number");

    /// <summary>A flag written as 0, 1, true or false; null where it is missing.</summary>
    public bool? Flag(JsonElement owner, string list, int item, string key)
    {
        if (owner.ValueKind != JsonValueKind.Object) throw Bad(list, $"item {item} is a JSON {owner.ValueKind}; expected an object");
        if (!owner.TryGetProperty(key, out var value)) return null;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number when value.TryGetInt32(out var number) => number != 0,
            _ => throw Bad(list, $"item {item}: {key} is {value.GetRawText()}; expected 0 or 1"),
        };
    }

    private JsonElement Required(string key, string expected) => _record.TryGetProperty(key, out var value) ? value : throw Bad(key, $"the key is missing; expected {expected}");
}
