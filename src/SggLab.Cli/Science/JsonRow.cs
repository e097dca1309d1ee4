using System.Globalization;
using System.Text;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Cli.Science;

/// <summary>A line of a JSON lines file; what is wrong in it is told with file, line and field.</summary>
internal sealed class JsonRow(string file, int line, JsonElement value)
{
    /// <summary>File and line, as messages name them.</summary>
    public string Source => $"{file}, line {line}";

    /// <summary>The rows of a file, or of standard input for <c>-</c>; empty lines are passed over, and a file without rows is remarked upon.</summary>
    public static IEnumerable<JsonRow> Read(string file)
    {
        if (file != "-") MustBeFile(file, "a JSON lines file, or - for standard input");
        using var reader = new StreamReader(file == "-" ? Console.OpenStandardInput() : File.OpenRead(file), Strict);
        var name = file == "-" ? "standard input" : file;
        var (number, rows) = (0, 0);
        while (ReadLine(reader, name, ++number) is { } text)
        {
            if (string.IsNullOrWhiteSpace(text)) continue;
            rows++;
            yield return new JsonRow(name, number, Parse(text, name, number, "a JSON object a line"));
        }
        if (rows == 0) Console.Error.WriteLine($"sgglab: {name} is empty; wanted JSON lines.");
    }

    /// <summary>A file that is one JSON object.</summary>
    public static JsonRow ReadWhole(string file)
    {
        MustBeFile(file, "a JSON file");
        return new JsonRow(file, 1, Parse(File.ReadAllText(file), file, 1, "one JSON object"));
    }

    private static UTF8Encoding Strict { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static void MustBeFile(string path, string wanted)
    {
        if (Directory.Exists(path)) throw new LabException($"{path} is a folder. Give the path of {wanted}.");
        if (!File.Exists(path)) throw new LabException($"There is no file {path}. Give the path of {wanted}.");
    }

    private static string? ReadLine(StreamReader reader, string file, int line)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException problem)
        {
            throw new LabException($"{file}, line {line} or soon after: bytes that are no UTF-8; wanted JSON lines in UTF-8. Convert the file, as by iconv -t UTF-8.", inner: problem);
        }
    }

    private static JsonElement Parse(string text, string file, int line, string wanted)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new LabException($"{file}, line {line}: {Kind(document.RootElement)}; wanted {wanted}.");
            return document.RootElement.Clone();
        }
        catch (JsonException problem)
        {
            throw new LabException($"{file}, line {line}: no JSON ({problem.Message.Split('.')[0]} at byte {problem.BytePositionInLine}); wanted {wanted}.", inner: problem);
        }
    }

    public LabException Bad(string field, string wanted) =>
        new($"{file}, line {line}: \"{field}\" is {(Find(field) is { } found ? Kind(found) : "missing")}; wanted {wanted}.");

    public bool Has(string field) => Find(field) is { ValueKind: not JsonValueKind.Null };

    public string Text(string field) => Find(field) is { ValueKind: JsonValueKind.String } text ? TextOf(text) : throw Bad(field, "text");

    /// <summary>Text, or a whole number as its digits: data sets write image ids both ways.</summary>
    public string Id(string field) => Find(field) switch
    {
        { ValueKind: JsonValueKind.String } text => TextOf(text),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => throw Bad(field, "an id such as \"2343729\""),
    };

    public int WholeNumber(string field) =>
        Find(field) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) && value > 0 ? value : throw Bad(field, "a positive whole number");

    public IReadOnlyList<string> Texts(string field)
    {
        if (Find(field) is not { ValueKind: JsonValueKind.Array } list) throw Bad(field, "a list of names");
        return [.. list.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String ? TextOf(e) : throw Bad(field, "a list of names"))];
    }

    /// <summary>Two numbers, width and height.</summary>
    public (double Width, double Height) Size(string field)
    {
        if (Find(field) is not { ValueKind: JsonValueKind.Array } pair || pair.GetArrayLength() != 2 || !TryNumber(pair[0], out var width) || !TryNumber(pair[1], out var height))
            throw Bad(field, "[width, height]");
        return width != 0 && height != 0 ? (width, height) : throw new LabException($"{file}, line {line}: \"{field}\" has a 0 in it; wanted [width, height], such as [1000, 1000].");
    }

    /// <summary>The frame that boxes are written in; 1000 x 1000 where the field is missing or null.</summary>
    public (double Width, double Height) BoxScale() => Has("box_scale") ? Size("box_scale") : (1000, 1000);

    /// <summary>The fields "objects" and "relationships" of this row, or of the object under <paramref name="field"/>.</summary>
    public SceneGraph Graph(string? field = null)
    {
        var owner = field is null ? this : Find(field) is { ValueKind: JsonValueKind.Object } inner ? new JsonRow($"{file}", line, inner) : throw Bad(field, "{\"objects\": […], \"relationships\": […]}");
        var objects = owner.Rows("objects").Select((o, i) => new SceneObject(o.Text("id"), o.BoxOf(i))).ToList();
        var relationships = owner.Rows("relationships").Select(r => new SceneRelationship(r.Text("subject"), r.Text("predicate"), r.Text("object"))).ToList();
        return new SceneGraph(objects, relationships);
    }

    private IEnumerable<JsonRow> Rows(string field)
    {
        // The hub's data sets keep the list as a text of JSON.
        var list = Find(field) is { ValueKind: JsonValueKind.String } text ? Reparse(field, TextOf(text)) : Find(field);
        if (list is not { ValueKind: JsonValueKind.Array } rows) throw Bad(field, "a list");
        foreach (var row in rows.EnumerateArray())
            yield return row.ValueKind == JsonValueKind.Object ? new JsonRow(file, line, row) : throw Bad(field, "a list of objects");
    }

    private JsonElement Reparse(string field, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw Bad(field, "a list, or the JSON text of one");
        }
    }

    private Box BoxOf(int index)
    {
        if (Find("bbox") is not { ValueKind: JsonValueKind.Array } box || box.GetArrayLength() != 4) throw Bad($"objects[{index}].bbox", "[x1, y1, x2, y2]");
        Span<double> values = stackalloc double[4];
        for (var i = 0; i < 4; i++)
            if (!TryNumber(box[i], out values[i])) throw Bad($"objects[{index}].bbox", "four numbers");
        return new Box(values[0], values[1], values[2], values[3]);
    }

    private JsonElement? Find(string field) => value.TryGetProperty(field, out var found) ? found : null;

    private static bool TryNumber(JsonElement element, out double number)
    {
        number = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out number);
    }

    // .NET refuses half a surrogate pair, which JSON may escape and a model may write.
    private static string TextOf(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Unescape(element.GetRawText());
        }
    }

    private static string Unescape(string literal)
    {
        var text = new StringBuilder(literal.Length);
        for (var i = 1; i < literal.Length - 1; i++)
        {
            if (literal[i] != '\\')
            {
                text.Append(literal[i]);
            }
            else if (literal[++i] == 'u')
            {
                text.Append((char)ushort.Parse(literal.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 4;
            }
            else
            {
                text.Append(literal[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var c => c });
            }
        }
        return text.ToString();
    }

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Number => $"the number {element.GetRawText()}",
        JsonValueKind.String => "text",
        JsonValueKind.Array => "a list",
        _ => "an object",
    };
}
