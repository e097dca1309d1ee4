using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>A JSON object whose every key must be read or named as ignored, so that no setting passes unseen.</summary>
internal sealed class ConfigObject(JsonElement element, string file, string path)
{
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ignored = new(StringComparer.Ordinal);

    public static ConfigObject Root(JsonDocument document, string file) =>
        document.RootElement.ValueKind == JsonValueKind.Object
            ? new ConfigObject(document.RootElement, file, "")
            : throw new LabException($"{file} holds a JSON {document.RootElement.ValueKind}; an object was wanted.");

    /// <summary>The file, and the line where it is one of several.</summary>
    public string File => file;

    /// <summary>The object's own path in its file, ending in a point; empty at the root.</summary>
    public string Path => path;

    public IEnumerable<string> Keys => element.EnumerateObject().Select(p => p.Name);

    public bool Has(string key) => element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    public bool IsNull(string key) => element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Null;

    public bool IsText(string key) => element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String;

    public int Int(string key) => Get(key, e => e.GetInt32(), "a whole number");

    public int Int(string key, int otherwise) => Has(key) ? Int(key) : Absent(key, otherwise);

    /// <summary>A number that must be at least 1.</summary>
    public int Size(string key)
    {
        var value = Int(key);
        return value >= 1 ? value : throw Wrong(key, "a number of at least 1");
    }

    public int Size(string key, int otherwise) => Has(key) ? Size(key) : Absent(key, otherwise);

    public double Number(string key) => Get(key, e => e.GetDouble(), "a number");

    public double Number(string key, double otherwise) => Has(key) ? Number(key) : Absent(key, otherwise);

    public bool Flag(string key, bool otherwise) => Has(key) ? Get(key, e => e.GetBoolean(), "true or false") : Absent(key, otherwise);

    public string Text(string key) => Get(key, e => e.GetString()!, "a string");

    public string Text(string key, string otherwise) => Has(key) ? Text(key) : Absent(key, otherwise);

    public long Long(string key) => Get(key, e => e.GetInt64(), "a whole number");

    public double[] Doubles(string key) => Get(key, e => e.EnumerateArray().Select(n => n.GetDouble()).ToArray(), "a list of numbers");

    public long[] Longs(string key) => Get(key, e => e.EnumerateArray().Select(n => n.GetInt64()).ToArray(), "a list of whole numbers");

    /// <summary>A value read by the caller, whose failure to make sense of it is a failure of the key.</summary>
    public T Value<T>(string key, string wanted, Func<JsonElement, T> read) => Get(key, read, wanted);

    public bool IsList(string key) => element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Array;

    /// <summary>A list of objects, each to be read as strictly as this one.</summary>
    public ConfigObject[] Objects(string key) => Get(key, e => e.EnumerateArray().Select((item, n) => item.ValueKind == JsonValueKind.Object
        ? new ConfigObject(item, file, $"{path}{key}[{n}].") : throw new InvalidOperationException()).ToArray(), "a list of objects");

    public int[] Ints(string key) => Get(key, e => e.EnumerateArray().Select(n => n.GetInt32()).ToArray(), "a list of whole numbers");

    public int[] Ints(string key, int[] otherwise) => Has(key) ? Ints(key) : Absent(key, otherwise);

    public string[] Texts(string key) => Get(key, e => e.EnumerateArray().Select(n => n.GetString() ?? "").ToArray(), "a list of strings");

    public float[] Numbers(string key) => Get(key, e => e.EnumerateArray().Select(n => n.GetSingle()).ToArray(), "a list of numbers");

    public float[] Numbers(string key, float[] otherwise) => Has(key) ? Numbers(key) : Absent(key, otherwise);

    /// <summary>One number or a list of them.</summary>
    public int[] IntOrInts(string key) =>
        Get(key, e => e.ValueKind == JsonValueKind.Array ? e.EnumerateArray().Select(n => n.GetInt32()).ToArray() : [e.GetInt32()], "a whole number or a list of them");

    public ConfigObject Object(string key)
    {
        var value = Get(key, e => e.ValueKind == JsonValueKind.Object ? e : throw new InvalidOperationException(), "an object");
        return new ConfigObject(value, file, path + key + ".");
    }

    /// <summary>Fails unless the key is absent, null, or has this value: for settings of which one value is supported.</summary>
    public void Only(string key, params string[] supported)
    {
        _read.Add(key);
        if (Has(key) && element.GetProperty(key) is var value && !supported.Contains(value.ValueKind == JsonValueKind.String ? value.GetString() : string.Concat(value.GetRawText().Where(c => !char.IsWhiteSpace(c))), StringComparer.OrdinalIgnoreCase))
            throw Wrong(key, $"{string.Join(" or ", supported)}, which is all that is supported");
    }

    /// <summary>Keys that say nothing about what the model computes.</summary>
    public void Ignore(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            _ignored.Add(key);
    }

    /// <summary>Ignores the keys that are null, for files whose writer lists every setting that it knows.</summary>
    public void IgnoreNulls()
    {
        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null)
                _ignored.Add(property.Name);
        }
    }

    /// <summary>Ignores keys here that merely repeat the ones of a nested object; a differing repetition of one that was read is an error.</summary>
    public void IgnoreRepeated(ConfigObject nested)
    {
        foreach (var property in element.EnumerateObject())
        {
            if (Knows(property.Name) || !nested.Knows(property.Name))
                continue;
            if (nested.ValueRead(property.Name) is { } twin && !JsonElement.DeepEquals(property.Value, twin))
                throw new LabException($"{file} states {path}{property.Name} twice: {property.Value.GetRawText()} and, nested, {twin.GetRawText()}. Remove one.");
            _ignored.Add(property.Name);
        }
    }

    private bool Knows(string key) => _read.Contains(key) || _ignored.Contains(key);

    private JsonElement? ValueRead(string key) => _read.Contains(key) && element.TryGetProperty(key, out var value) ? value : null;

    /// <summary>Fails if a key was neither read nor ignored.</summary>
    /// <param name="consequence">What passing over it would mean.</param>
    public void Done(string consequence = "so the model might compute something else than it asks for. Remove the key if it means nothing.")
    {
        foreach (var property in element.EnumerateObject())
        {
            if (!Knows(property.Name))
                throw new LabException($"{file}: the key {path}{property.Name} (= {Short(property.Value)}) is unknown, {consequence}");
        }
    }

    private T Absent<T>(string key, T value)
    {
        _read.Add(key);
        return value;
    }

    private T Get<T>(string key, Func<JsonElement, T> read, string wanted)
    {
        _read.Add(key);
        if (!element.TryGetProperty(key, out var value))
            throw new LabException($"{file} lacks the key {path}{key} ({wanted}).");
        try
        {
            return read(value);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or IndexOutOfRangeException or KeyNotFoundException)
        {
            throw Wrong(key, wanted);
        }
    }

    public LabException Wrong(string key, string wanted) =>
        new($"{file}: {path}{key} is {(element.TryGetProperty(key, out var value) ? Short(value) : "absent")}; wanted is {wanted}.");

    private static string Short(JsonElement value) => value.GetRawText() is { Length: > 60 } text ? text[..60] + "…" : value.GetRawText();
}
