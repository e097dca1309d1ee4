using System.Globalization;
using System.Text;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Cli.Science;

/// <summary>A line of a JSON lines file, or an object inside one; what is wrong in it is told with file, line and field.</summary>
/// <param name="path">The object inside the line, as messages name it: empty for the line itself.</param>
internal sealed class JsonRow(string file, int line, JsonElement value, string path = "")
{
    /// <summary>File and line, as messages name them.</summary>
    public string Source => $"{file}, line {line}";

    /// <summary>The rows of a file, or of standard input for <c>-</c>; empty lines are passed over.</summary>
    /// <exception cref="LabException">No such file, none that can be read, a line that is no JSON object, or no line at all.</exception>
    public static IEnumerable<JsonRow> Read(string file)
    {
        const string Wanted = "a JSON lines file, or - for standard input";
        var path = file == "-" ? null : file;
        using var reader = new StreamReader(path is null ? Console.OpenStandardInput() : Opened(path, Wanted), Strict);
        var (name, number, rows) = (path ?? StandardInput, 0, 0);
        while (Reading(reader.ReadLine, path, ++number) is { } text)
        {
            if (string.IsNullOrWhiteSpace(text)) continue;
            rows++;
            yield return new JsonRow(name, number, Parse(text, name, number, "a JSON object a line"));
        }
        if (rows == 0) throw new LabException($"{name} is empty; wanted JSON lines.");
    }

    /// <summary>A file that is one JSON object.</summary>
    public static JsonRow ReadWhole(string file)
    {
        using var reader = new StreamReader(Opened(file, "a JSON file"), Strict);
        return new JsonRow(file, 1, Parse(Reading(reader.ReadToEnd, file, 1), file, 1, "one JSON object"));
    }

    private const string StandardInput = "standard input";

    private static UTF8Encoding Strict { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static FileStream Opened(string path, string wanted)
    {
        if (Directory.Exists(path)) throw new LabException($"{path} is a folder. Give the path of {wanted}.");
        if (!File.Exists(path)) throw new LabException($"There is no file {path}. Give the path of {wanted}.");
        return Reading(() => File.OpenRead(path), path, 1);
    }

    /// <param name="path">Null for standard input.</param>
    private static T Reading<T>(Func<T> read, string? path, int line)
    {
        try
        {
            return read();
        }
        // gzip's second byte is the first that is no UTF-8.
        catch (DecoderFallbackException problem) when (line == 1 && problem is { Index: 1, BytesUnknown: [0x8b, ..] })
        {
            throw new LabException($"{path ?? StandardInput} is compressed by gzip; wanted JSON lines in UTF-8. Unpack it on the way: zcat {path ?? "FILE"} | ./sgglab … with - for the file.", inner: problem);
        }
        catch (DecoderFallbackException problem)
        {
            throw new LabException($"{path ?? StandardInput}, line {line} or soon after: bytes that are no UTF-8; wanted JSON lines in UTF-8. Convert the file, as by iconv -t UTF-8.", inner: problem);
        }
        // A closed standard input is told apart where every command's is.
        catch (Exception problem) when (path is not null && problem is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"{path} cannot be read ({problem.Message.TrimEnd('.')}). Check the path and its permissions.", inner: problem);
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

    private LabException Bad(string field, string wanted) => Bad(field, Find(field), wanted);

    private LabException Bad(string field, JsonElement? found, string wanted) =>
        new($"{file}, line {line}: \"{Inside(field)}\" is {(found is { } there ? Kind(there) : "missing")}; wanted {wanted}.");

    private string Inside(string field) => path.Length == 0 ? field : $"{path}.{field}";

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

    public IReadOnlyList<string> Texts(string field) =>
        [.. Items(field, Find(field), "a list of names").Select((item, i) => item.ValueKind == JsonValueKind.String ? TextOf(item) : throw Bad($"{field}[{i}]", item, "a name"))];

    /// <summary>Two finite numbers above 0, width and height.</summary>
    public (double Width, double Height) Size(string field)
    {
        const string Wanted = "[width, height], such as [1000, 1000]";
        var numbers = Numbers(field, 2, Wanted);
        for (var i = 0; i < 2; i++)
            if (numbers[i] <= 0) throw Bad($"{field}[{i}]", Find(field)!.Value[i], $"a number above 0: {Wanted}");
        return (numbers[0], numbers[1]);
    }

    /// <summary>The frame that boxes are written in; 1000 x 1000 where the field is missing or null.</summary>
    public (double Width, double Height) BoxScale() => Has("box_scale") ? Size("box_scale") : (1000, 1000);

    /// <summary>The fields "objects" and "relationships" of this row, or of the object under <paramref name="field"/>.</summary>
    public SceneGraph Graph(string? field = null)
    {
        var owner = field is null ? this : Find(field) is { ValueKind: JsonValueKind.Object } inner ? new JsonRow(file, line, inner, Inside(field)) : throw Bad(field, "{\"objects\": […], \"relationships\": […]}");
        var objects = owner.Rows("objects", "an object with id and bbox").Select(o => new SceneObject(o.Text("id"), o.Box("bbox"))).ToList();
        var relationships = owner.Rows("relationships", "an object with subject, predicate and object").Select(r => new SceneRelationship(r.Text("subject"), r.Text("predicate"), r.Text("object"))).ToList();
        return new SceneGraph(objects, relationships);
    }

    private IEnumerable<JsonRow> Rows(string field, string wanted)
    {
        // The hub's data sets keep the list as a text of JSON.
        var list = Find(field) is { ValueKind: JsonValueKind.String } text ? Reparse(field, TextOf(text)) : Find(field);
        return Items(field, list, "a list").Select((item, i) => item.ValueKind == JsonValueKind.Object ? new JsonRow(file, line, item, Inside($"{field}[{i}]")) : throw Bad($"{field}[{i}]", item, wanted));
    }

    private JsonElement.ArrayEnumerator Items(string field, JsonElement? list, string wanted) =>
        list is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray() : throw Bad(field, list, wanted);

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

    private Box Box(string field)
    {
        var corners = Numbers(field, 4, "[x1, y1, x2, y2]");
        return new Box(corners[0], corners[1], corners[2], corners[3]);
    }

    private double[] Numbers(string field, int count, string wanted)
    {
        if (Find(field) is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() != count) throw Bad(field, wanted);
        return [.. list.EnumerateArray().Select((item, i) => item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw Bad($"{field}[{i}]", item, $"a finite number: {wanted}"))];
    }

    private JsonElement? Find(string field) => value.TryGetProperty(field, out var found) ? found : null;

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
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => $"the number {Short(element.GetRawText())}",
        JsonValueKind.String => $"the text {Short(element.GetRawText())}",
        JsonValueKind.Array => $"a list of {element.GetArrayLength()}",
        _ => "an object",
    };

    private static string Short(string raw) => raw.Length <= 40 ? raw : raw[..39] + "…";
}
