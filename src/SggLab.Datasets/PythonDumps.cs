using System.Globalization;
using System.Text;
using System.Text.Json;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets;

/// <summary>JSON text as Python's json.dumps writes it: ", " and ": ", everything beyond ASCII escaped, floats as repr.</summary>
public static class PythonDumps
{
    /// <summary>[{"id": ..., "bbox": [...]}, ...]; whole coordinates are written as integers.</summary>
    public static string Objects(IEnumerable<SceneObject> objects) => "[" + string.Join(", ", objects.Select(Object)) + "]";

    public static string Object(SceneObject item) =>
        $"{{\"id\": {Text(item.Id)}, \"bbox\": {Box(item.Box)}}}";

    public static string Box(Box box) => $"[{Whole(box.X1)}, {Whole(box.Y1)}, {Whole(box.X2)}, {Whole(box.Y2)}]";

    public static string Relationships(IEnumerable<SceneRelationship> relations) => "[" + string.Join(", ", relations.Select(Relationship)) + "]";

    public static string Relationship(SceneRelationship item) =>
        $"{{\"subject\": {Text(item.Subject)}, \"predicate\": {Text(item.Predicate)}, \"object\": {Text(item.Object)}}}";

    /// <summary>A list of strings.</summary>
    public static string Texts(IEnumerable<string> values) => "[" + string.Join(", ", values.Select(Text)) + "]";

    /// <summary>Any value, as json.dumps(json.loads(...)) gives it back.</summary>
    public static string Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => JsonItems.Write(Members(value)),
        JsonValueKind.Array => "[" + string.Join(", ", value.EnumerateArray().Select(Value)) + "]",
        JsonValueKind.String => Text(value.GetString()!),
        JsonValueKind.Number => Number(value.GetRawText()),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    private static OrderedDictionary<string, string> Members(JsonElement value)
    {
        var members = new OrderedDictionary<string, string>();
        foreach (var property in value.EnumerateObject()) members[property.Name] = Value(property.Value);
        return members;
    }

    // Python reads digits alone as an integer of any length, everything else as a float.
    private static string Number(string token) =>
        token.AsSpan().ContainsAny(".eE") ? Float(double.Parse(token, CultureInfo.InvariantCulture)) : token == "-0" ? "0" : token;

    /// <summary>A quoted string.</summary>
    public static string Text(string value)
    {
        var text = new StringBuilder(value.Length + 2).Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' or > '~' => text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }
        return text.Append('"').ToString();
    }

    /// <summary>A float as Python's repr: 1.0, 0.1, 1e-05, 1e+16.</summary>
    public static string Float(double value)
    {
        if (double.IsNaN(value)) return "NaN";
        if (double.IsInfinity(value)) return value > 0 ? "Infinity" : "-Infinity";
        var shortest = value.ToString("E16", CultureInfo.InvariantCulture);
        var roundTrip = value.ToString("R", CultureInfo.InvariantCulture);
        var exponent = int.Parse(shortest.AsSpan(shortest.IndexOf('E') + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (value != 0 && exponent is < -4 or >= 16) return Scientific(roundTrip);
        var digits = Plain(roundTrip);
        return digits.Contains('.') ? digits : digits + ".0";
    }

    /// <summary>A number that is written as an integer where it is whole.</summary>
    public static string Whole(double value) =>
        value == Math.Floor(value) && Math.Abs(value) < 1e15 ? ((long)value).ToString(CultureInfo.InvariantCulture) : Float(value);

    private static (string Sign, string Digits, int Point) Parts(string roundTrip)
    {
        var sign = roundTrip.StartsWith('-') ? "-" : "";
        var body = roundTrip[sign.Length..];
        var exponent = 0;
        if (body.IndexOf('E') is >= 0 and var e)
        {
            exponent = int.Parse(body.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            body = body[..e];
        }
        var dot = body.IndexOf('.');
        var whole = dot < 0 ? body : body[..dot];
        return (sign, whole + (dot < 0 ? "" : body[(dot + 1)..]), whole.Length + exponent);
    }

    private static string Plain(string roundTrip)
    {
        if (!roundTrip.Contains('E')) return roundTrip;
        var (sign, digits, point) = Parts(roundTrip);
        if (point <= 0) return sign + "0." + new string('0', -point) + digits;
        return point >= digits.Length ? sign + digits.PadRight(point, '0') : sign + digits[..point] + "." + digits[point..];
    }

    private static string Scientific(string roundTrip)
    {
        var (sign, digits, point) = Parts(roundTrip);
        var lead = digits.TrimStart('0');
        var exponent = point - (digits.Length - lead.Length) - 1;
        lead = lead.TrimEnd('0');
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{lead[0]}{(lead.Length > 1 ? "." + lead[1..] : "")}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent):D2}");
    }
}
