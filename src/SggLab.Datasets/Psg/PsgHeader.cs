using System.Text.Json;

namespace SggLab.Datasets.Psg;

/// <summary>What psg.json says beside its records, and where the records lie in the file.</summary>
/// <param name="Records">Offset and length of each record's text, in bytes.</param>
internal sealed record PsgHeader(
    string[] Things, string[] Stuff, string[] Predicates, HashSet<string> TestIds, IReadOnlyList<(long Offset, int Length)> Records)
{
    private const string DataKey = "data";

    public int Categories => Things.Length + Stuff.Length;

    public string Category(int id) => id < Things.Length ? Things[id] : Stuff[id - Things.Length];

    /// <summary>Reads the file once from end to end; the records themselves are only passed over.</summary>
    /// <exception cref="DatasetException">Not JSON, cut off, or a key is missing.</exception>
    public static PsgHeader Read(string path)
    {
        using var json = new JsonStream(path);
        try
        {
            return Read(path, json);
        }
        catch (InvalidOperationException e)
        {
            throw JsonFile.NoText(path, json.Row, json.Field, e);
        }
    }

    private static PsgHeader Read(string path, JsonStream json)
    {
        if (json.Read(out _) != JsonTokenType.StartObject) throw new DatasetException(path, null, null, "does not hold a JSON object; expected psg.json with data, thing_classes, stuff_classes, predicate_classes and test_image_ids");
        var lists = new Dictionary<string, string[]>(StringComparer.Ordinal);
        List<(long, int)>? records = null;
        while (json.Read(out var key) == JsonTokenType.PropertyName)
        {
            json.Field = key;
            if (key == DataKey) records = ReadRecords(path, json);
            else if (key is "thing_classes" or "stuff_classes" or "predicate_classes" or "test_image_ids") lists[key] = ReadTexts(path, json, key);
            else json.Skip();
            json.Field = null;
        }
        if (records is null) throw Missing(DataKey, "a list of records");
        return new PsgHeader(List("thing_classes"), List("stuff_classes"), List("predicate_classes"), [.. List("test_image_ids")], records);

        string[] List(string key) => lists.TryGetValue(key, out var list) ? list : throw Missing(key, "a list of texts");
        DatasetException Missing(string key, string expected) => new(path, null, key, $"the key is missing; expected {expected}");
    }

    private static List<(long, int)> ReadRecords(string path, JsonStream json)
    {
        if (json.Read(out _) != JsonTokenType.StartArray) throw new DatasetException(path, null, DataKey, "is no list; expected a list of records");
        var records = new List<(long, int)>();
        while (true)
        {
            json.Row = records.Count;
            using var record = json.ReadItem(out var offset, out var length);
            if (record is null) break;
            records.Add((offset, length));
        }
        json.Row = null;
        return records;
    }

    private static string[] ReadTexts(string path, JsonStream json, string key)
    {
        if (json.Read(out _) != JsonTokenType.StartArray) throw new DatasetException(path, null, key, "is no list; expected a list of texts");
        var texts = new List<string>();
        while (true)
        {
            using var item = json.ReadItem(out _, out _);
            if (item is null) return [.. texts];
            // Image ids may be numbers in files that others wrote; they are compared as text.
            texts.Add(item.RootElement.ValueKind switch
            {
                JsonValueKind.String => item.RootElement.GetString()!,
                JsonValueKind.Number when key == "test_image_ids" => item.RootElement.GetRawText(),
                var kind => throw new DatasetException(path, null, key, $"item {texts.Count} is a JSON {kind}; expected text"),
            });
        }
    }
}
