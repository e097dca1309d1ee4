namespace SggLab.SceneGraphs.Python;

/// <summary>What a JSON value is, told apart as Python tells them apart.</summary>
public enum JsonKind : byte
{
    Null,
    False,
    True,
    Integer,
    Float,
    String,
    Array,
    Object,
}

internal static class JsonKindNames
{
    /// <summary>As a sentence has it: "a list".</summary>
    public static string InWords(this JsonKind kind) => kind switch
    {
        JsonKind.Null => "null",
        JsonKind.True or JsonKind.False => "true or false",
        JsonKind.Integer or JsonKind.Float => "a number",
        JsonKind.String => "text",
        JsonKind.Array => "a list",
        _ => "an object",
    };
}

/// <summary>One value on the tape; a container is followed by its members, an object by key, value, key, value.</summary>
/// <param name="Next">Index of the value after this one and all it holds.</param>
/// <param name="Count">Members of an array, pairs of an object.</param>
/// <param name="Start">Of a string: where its characters start, in the text or (if <paramref name="Escaped"/>) in the unescaped buffer.</param>
/// <param name="Number">Of a number: its value; an integer too large for a double is infinite.</param>
internal record struct JsonNode(JsonKind Kind, bool Escaped, int Start, int Length, int Count, int Next, double Number)
{
    /// <summary>What is an <c>int</c> or a <c>float</c> in Python: its booleans are integers.</summary>
    public readonly bool IsNumber => Kind is JsonKind.Integer or JsonKind.Float or JsonKind.True or JsonKind.False;
}
