using System.Globalization;
using SggLab.SceneGraphs.Buffers;

namespace SggLab.SceneGraphs.Python;

/// <summary>Why a text is not what Python's <c>json.loads</c> takes.</summary>
/// <param name="Message">In the words of Python's decoder.</param>
/// <param name="Position">Characters (code points) before the fault.</param>
public sealed record PythonJsonError(PythonJsonFault Fault, string Message, int Position);

public enum PythonJsonFault
{
    /// <summary>Not JSON in Python's eyes (JSONDecodeError).</summary>
    Syntax,
    /// <summary>An integer of more than 4,300 digits (ValueError).</summary>
    TooManyDigits,
    /// <summary>More than <see cref="PythonJson.MaxDepth"/> containers inside each other (RecursionError).</summary>
    TooDeep,
}

/// <summary>
/// Python's <c>json.loads</c> on a text: NaN, Infinity and -Infinity are numbers, 1e400 is infinite, of equal keys the last counts,
/// control characters inside strings fail, lone surrogate escapes pass, nothing may follow the value.
/// </summary>
/// <remarks>Values lie on a tape that is used again by the next text, so that reading allocates nothing. Not thread-safe.</remarks>
internal sealed class PythonJson
{
    /// <summary>Python raises RecursionError at about this depth (its limit is 1,000 calls, of which the reference's own take a few).</summary>
    public const int MaxDepth = 990;
    public const int MaxIntegerDigits = 4300;

    private readonly PooledList<JsonNode> _tape = new();
    private char[] _unescaped = [];
    private int _unescapedLength;
    private readonly int[] _open = new int[MaxDepth];

    public PythonJsonError? Error { get; private set; }

    public ref readonly JsonNode this[int index] => ref _tape[index];

    /// <summary>Reads one value; its root is node 0. False leaves the reason in <see cref="Error"/>.</summary>
    public bool TryParse(ReadOnlySpan<char> text)
    {
        _tape.Clear();
        // No text grows by unescaping.
        Scratch.Fit(ref _unescaped, text.Length);
        _unescapedLength = 0;
        Error = null;
        if (text.StartsWith('\uFEFF')) return Fail(text, "Unexpected UTF-8 BOM (decode using utf-8-sig)", 0);
        var position = SkipSpace(text, 0);
        if (!TryParseValue(text, ref position)) return false;
        position = SkipSpace(text, position);
        return position == text.Length || Fail(text, "Extra data", position);
    }

    /// <summary>The characters of a string node; <paramref name="text"/> is what was parsed.</summary>
    public ReadOnlySpan<char> Characters(in JsonNode node, ReadOnlySpan<char> text) =>
        node.Escaped ? _unescaped.AsSpan(node.Start, node.Length) : text.Slice(node.Start, node.Length);

    /// <summary>The value under a key of an object; of equal keys the last. Null where there is none.</summary>
    public int? Find(int objectIndex, ReadOnlySpan<char> key, ReadOnlySpan<char> text)
    {
        int? found = null;
        var at = objectIndex + 1;
        for (var i = 0; i < _tape[objectIndex].Count; i++)
        {
            var value = at + 1;
            if (Characters(_tape[at], text).SequenceEqual(key)) found = value;
            at = _tape[value].Next;
        }
        return found;
    }

    /// <summary>What <c>for x in value</c> does: members of a list; nothing for an empty text or dict; false for all else, which raises at once or at the first member.</summary>
    public bool TryIterate(int index, out int members)
    {
        ref readonly var node = ref _tape[index];
        members = node.Kind == JsonKind.Array ? node.Count : 0;
        return node.Kind == JsonKind.Array
            || (node.Kind == JsonKind.Object && node.Count == 0)
            || (node.Kind == JsonKind.String && node.Length == 0);
    }

    // Iterative, so that a deep text cannot exhaust the stack. The loop alternates between "a value starts here" and "a value has ended here".
    private bool TryParseValue(ReadOnlySpan<char> text, ref int position)
    {
        var depth = 0;
        while (true)
        {
            if (position >= text.Length) return Fail(text, "Expecting value", position);
            var c = text[position];
            if (c is '{' or '[')
            {
                if (depth == MaxDepth)
                    return Fail(text, $"maximum recursion depth exceeded while decoding a JSON {(c == '{' ? "object" : "array")}", position, PythonJsonFault.TooDeep);
                _open[depth++] = Add(c == '{' ? JsonKind.Object : JsonKind.Array);
                position = SkipSpace(text, position + 1);
                if (position < text.Length && text[position] == (c == '{' ? '}' : ']'))
                {
                    position++;
                    Close(ref depth);
                }
                else
                {
                    if (c == '{' && !TryParseKey(text, ref position)) return false;
                    continue;
                }
            }
            else if (!TryParseScalar(text, ref position))
            {
                return false;
            }

            while (depth > 0)
            {
                ref var container = ref _tape[_open[depth - 1]];
                container.Count++;
                position = SkipSpace(text, position);
                var isObject = container.Kind == JsonKind.Object;
                if (position < text.Length && text[position] == (isObject ? '}' : ']'))
                {
                    position++;
                    Close(ref depth);
                    continue;
                }
                if (position >= text.Length || text[position] != ',') return Fail(text, "Expecting ',' delimiter", position);
                position = SkipSpace(text, position + 1);
                if (isObject && !TryParseKey(text, ref position)) return false;
                break;
            }
            if (depth == 0) return true;
        }
    }

    private bool TryParseKey(ReadOnlySpan<char> text, ref int position)
    {
        if (position >= text.Length || text[position] != '"')
            return Fail(text, "Expecting property name enclosed in double quotes", position);
        if (!TryParseString(text, ref position)) return false;
        position = SkipSpace(text, position);
        if (position >= text.Length || text[position] != ':') return Fail(text, "Expecting ':' delimiter", position);
        position = SkipSpace(text, position + 1);
        return true;
    }

    private bool TryParseScalar(ReadOnlySpan<char> text, ref int position)
    {
        var rest = text[position..];
        switch (rest[0])
        {
            case '"': return TryParseString(text, ref position);
            case 'n' when rest.StartsWith("null"): Add(JsonKind.Null); position += 4; return true;
            case 't' when rest.StartsWith("true"): Add(JsonKind.True, 1); position += 4; return true;
            case 'f' when rest.StartsWith("false"): Add(JsonKind.False, 0); position += 5; return true;
            case 'N' when rest.StartsWith("NaN"): Add(JsonKind.Float, double.NaN); position += 3; return true;
            case 'I' when rest.StartsWith("Infinity"): Add(JsonKind.Float, double.PositiveInfinity); position += 8; return true;
            case '-' when rest.StartsWith("-Infinity"): Add(JsonKind.Float, double.NegativeInfinity); position += 9; return true;
            default: return TryParseNumber(text, ref position);
        }
    }

    // -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? with ASCII digits; what does not fit the optional parts is left for the caller to refuse.
    private bool TryParseNumber(ReadOnlySpan<char> text, ref int position)
    {
        var at = position;
        if (text[at] == '-') at++;
        var digits = at;
        if (at < text.Length && text[at] == '0') at++;
        else at = SkipDigits(text, at);
        if (at == digits) return Fail(text, "Expecting value", position);
        var integerDigits = at - digits;
        var isInteger = true;
        if (at < text.Length && text[at] == '.' && SkipDigits(text, at + 1) is var fraction && fraction > at + 1)
        {
            at = fraction;
            isInteger = false;
        }
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            var exponent = at + 1;
            if (exponent < text.Length && text[exponent] is '+' or '-') exponent++;
            if (SkipDigits(text, exponent) is var end && end > exponent)
            {
                at = end;
                isInteger = false;
            }
        }
        if (isInteger && integerDigits > MaxIntegerDigits)
        {
            return Fail(text, $"Exceeds the limit ({MaxIntegerDigits} digits) for integer string conversion: value has {integerDigits} digits",
                position, PythonJsonFault.TooManyDigits);
        }
        Add(isInteger ? JsonKind.Integer : JsonKind.Float, NumberOf(text[position..at], isInteger));
        position = at;
        return true;
    }

    private static double NumberOf(ReadOnlySpan<char> token, bool isInteger)
    {
        if (!isInteger || token.Length > 18) return double.Parse(token, NumberStyles.Float, CultureInfo.InvariantCulture);
        // A long converts to the nearest double, as Python's integers do.
        long value = 0;
        foreach (var c in token)
            if (c != '-') value = value * 10 + (c - '0');
        return token[0] == '-' ? -value : value;
    }

    private static int SkipDigits(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return at;
    }

    private static int SkipSpace(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t' or '\n' or '\r') at++;
        return at;
    }

    private bool TryParseString(ReadOnlySpan<char> text, ref int position)
    {
        var opening = position;
        var start = position + 1;
        var at = start;
        while (at < text.Length && text[at] is not ('"' or '\\') && text[at] >= ' ') at++;
        if (at < text.Length && text[at] == '"')
        {
            AddString(false, start, at - start);
            position = at + 1;
            return true;
        }
        var unescapedStart = _unescapedLength;
        Keep(text[start..at]);
        while (true)
        {
            if (at >= text.Length) return Fail(text, "Unterminated string starting at", opening);
            var c = text[at];
            if (c == '"') break;
            if (c < ' ') return Fail(text, "Invalid control character at", at);
            if (c != '\\')
            {
                Keep(text.Slice(at++, 1));
            }
            else if (!TryUnescape(text, ref at, opening))
            {
                return false;
            }
        }
        AddString(true, unescapedStart, _unescapedLength - unescapedStart);
        position = at + 1;
        return true;
    }

    private bool TryUnescape(ReadOnlySpan<char> text, ref int at, int opening)
    {
        if (at + 1 >= text.Length) return Fail(text, "Unterminated string starting at", opening);
        if (text[at + 1] == 'u')
        {
            // Python wants one more character after the digits. Two escapes that make a surrogate pair meet by themselves: the text is UTF-16.
            if (at + 6 >= text.Length || !JsonEscape.TryHex(text.Slice(at + 2, 4), out var code)) return Fail(text, "Invalid \\uXXXX escape", at + 1);
            Keep([code]);
            at += 6;
            return true;
        }
        if (!JsonEscape.TryLetter(text[at + 1], out var value)) return Fail(text, "Invalid \\escape", at);
        at += 2;
        Keep([value]);
        return true;
    }

    private void Keep(ReadOnlySpan<char> characters)
    {
        characters.CopyTo(_unescaped.AsSpan(_unescapedLength));
        _unescapedLength += characters.Length;
    }

    private void AddString(bool escaped, int start, int length)
    {
        var index = Add(JsonKind.String);
        _tape[index].Escaped = escaped;
        _tape[index].Start = start;
        _tape[index].Length = length;
    }

    private int Add(JsonKind kind, double number = 0)
    {
        _tape.Add(new JsonNode(kind, false, 0, 0, 0, _tape.Count + 1, number));
        return _tape.Count - 1;
    }

    private void Close(ref int depth) => _tape[_open[--depth]].Next = _tape.Count;

    private bool Fail(ReadOnlySpan<char> text, string message, int position, PythonJsonFault fault = PythonJsonFault.Syntax)
    {
        var codePoints = position;
        for (var i = 1; i < position; i++)
            if (char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1])) codePoints--;
        Error = new PythonJsonError(fault, message, codePoints);
        return false;
    }
}
