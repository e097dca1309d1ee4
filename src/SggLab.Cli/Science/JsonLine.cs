using System.Globalization;
using System.Text;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Cli.Science;

/// <summary>
/// Builds one JSON document of plain ASCII. Doubles round-trip, NaN and the infinities are text, and half a surrogate pair keeps its escape, which
/// .NET's own writer would replace.
/// </summary>
internal sealed class JsonLine
{
    private readonly StringBuilder _text = new();
    private bool _needsComma;

    public JsonLine Open(char bracket)
    {
        Separate();
        _text.Append(bracket);
        _needsComma = false;
        return this;
    }

    public JsonLine Close(char bracket)
    {
        _text.Append(bracket);
        _needsComma = true;
        return this;
    }

    public JsonLine Key(string name)
    {
        Separate();
        Quote(name);
        _text.Append(": ");
        _needsComma = false;
        return this;
    }

    public JsonLine Value(string? value)
    {
        Separate();
        if (value is null) _text.Append("null");
        else Quote(value);
        return this;
    }

    public JsonLine Value(double? value)
    {
        Separate();
        _text.Append(value switch
        {
            null => "null",
            { } d when double.IsNaN(d) => "\"NaN\"",
            double.PositiveInfinity => "\"Infinity\"",
            double.NegativeInfinity => "\"-Infinity\"",
            { } d => Number(d),
        });
        return this;
    }

    public JsonLine Value(int value)
    {
        Separate();
        _text.Append(value.ToString(CultureInfo.InvariantCulture));
        return this;
    }

    public JsonLine Value(bool value)
    {
        Separate();
        _text.Append(value ? "true" : "false");
        return this;
    }

    public JsonLine Field(string name, string? value) => Key(name).Value(value);

    public JsonLine Field(string name, double? value) => Key(name).Value(value);

    public JsonLine Field(string name, int value) => Key(name).Value(value);

    public JsonLine Field(string name, int? value) => value is { } whole ? Field(name, whole) : Field(name, (string?)null);

    public JsonLine Field(string name, bool value) => Key(name).Value(value);

    public JsonLine List<T>(string name, IEnumerable<T> items, Action<JsonLine, T> write)
    {
        Key(name).Open('[');
        foreach (var item in items) write(this, item);
        return Close(']');
    }

    public JsonLine Value(in Box box) => Open('[').Value(box.X1).Value(box.Y1).Value(box.X2).Value(box.Y2).Close(']');

    public override string ToString() => _text.ToString();

    // Python writes 5.0 for a whole double; so do we, that a reader sees which numbers are measures.
    private static string Number(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text;
    }

    private void Separate()
    {
        if (_needsComma) _text.Append(", ");
        _needsComma = true;
    }

    private void Quote(string value)
    {
        _text.Append('"');
        foreach (var c in value)
        {
            if (c is '"' or '\\') _text.Append('\\').Append(c);
            else if (c == '\n') _text.Append("\\n");
            else if (c is >= ' ' and < '\u007f') _text.Append(c);
            else _text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
        }
        _text.Append('"');
    }
}
