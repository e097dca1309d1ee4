using System.Text.Json;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets;

/// <summary>Reads the JSON texts of the columns objects and relationships; every failure names the row and the key.</summary>
internal static class GraphJson
{
    public static IReadOnlyList<SceneObject> Objects(ReadOnlySpan<byte> json, RowOrigin origin, string column = "objects") =>
        Read(json, origin, column, ReadObject);

    public static IReadOnlyList<SceneRelationship> Relationships(ReadOnlySpan<byte> json, RowOrigin origin, string column = "relationships") =>
        Read(json, origin, column, ReadRelation);

    private delegate T ReadItem<T>(ref Utf8JsonReader reader, Func<string, DatasetException> bad);

    private static List<T> Read<T>(ReadOnlySpan<byte> json, RowOrigin origin, string column, ReadItem<T> read)
    {
        var items = new List<T>();
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray) throw origin.Error(column, $"a JSON {Name(reader.TokenType)}; expected a JSON list of {column}");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                DatasetException Bad(string problem) => origin.Error(column, $"item {items.Count}: {problem}");
                if (reader.TokenType != JsonTokenType.StartObject) throw Bad($"a JSON {Name(reader.TokenType)}; expected an object with its keys");
                items.Add(read(ref reader, Bad));
            }
            while (reader.Read()) { }
            return items;
        }
        catch (JsonException e)
        {
            var place = e.LineNumber > 0 ? $"line {e.LineNumber + 1}, byte {e.BytePositionInLine}" : $"byte {e.BytePositionInLine}";
            throw origin.Error(column, $"is not valid JSON at {place} of {json.Length} ({Reason(e)}); expected a JSON list of {column}", e);
        }
        catch (InvalidOperationException e)
        {
            // Utf8JsonReader's answer to a lone surrogate or to bytes that are no UTF-8.
            throw origin.Error(column, $"item {items.Count}: text that is no valid Unicode ({e.Message})", e);
        }
    }

    private static SceneObject ReadObject(ref Utf8JsonReader reader, Func<string, DatasetException> bad)
    {
        string? id = null;
        Box? box = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("id"u8)) id = Text(ref reader, "id", bad);
            else if (reader.ValueTextEquals("bbox"u8)) box = Box(ref reader, bad);
            else Pass(ref reader);
        }
        return new SceneObject(id ?? throw bad("has no key 'id'; expected text such as \"person.1\""), box ?? throw bad("has no key 'bbox'; expected [x1, y1, x2, y2]"));
    }

    private static SceneRelationship ReadRelation(ref Utf8JsonReader reader, Func<string, DatasetException> bad)
    {
        string? subject = null, predicate = null, @object = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("subject"u8)) subject = Text(ref reader, "subject", bad);
            else if (reader.ValueTextEquals("predicate"u8)) predicate = Text(ref reader, "predicate", bad);
            else if (reader.ValueTextEquals("object"u8)) @object = Text(ref reader, "object", bad);
            else Pass(ref reader);
        }
        DatasetException Missing(string key) => bad($"has no key '{key}'; expected subject, predicate and object");
        return new SceneRelationship(subject ?? throw Missing("subject"), predicate ?? throw Missing("predicate"), @object ?? throw Missing("object"));
    }

    private static void Pass(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    private static string Text(ref Utf8JsonReader reader, string key, Func<string, DatasetException> bad)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String) throw bad($"'{key}' is a JSON {Name(reader.TokenType)}; expected text");
        return reader.GetString()!;
    }

    private static Box Box(ref Utf8JsonReader reader, Func<string, DatasetException> bad)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray) throw bad($"'bbox' is a JSON {Name(reader.TokenType)}; expected [x1, y1, x2, y2]");
        Span<double> corners = stackalloc double[4];
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number) throw bad($"'bbox' holds a JSON {Name(reader.TokenType)}; expected four numbers");
            if (!reader.TryGetDouble(out var number) || !double.IsFinite(number)) throw bad("'bbox' holds a number beyond double precision");
            if (count < 4) corners[count] = number;
            count++;
        }
        if (count != 4) throw bad($"'bbox' has {count} numbers; expected four: [x1, y1, x2, y2]");
        return new Box(corners[0], corners[1], corners[2], corners[3]);
    }

    private static string Reason(JsonException e) => e.Message.Split(" LineNumber:", 2)[0].TrimEnd('.');

    private static string Name(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "object",
        JsonTokenType.StartArray => "list",
        JsonTokenType.String => "string",
        JsonTokenType.Number => "number",
        JsonTokenType.Null => "null",
        JsonTokenType.True or JsonTokenType.False => "boolean",
        _ => "fragment",
    };
}
