using System.Globalization;
using System.Text;
using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Completions;

/// <summary>
/// Reads what was meant as JSON: quotes of either kind, commas too many or too few, bare words, and an end that is missing. Notes what it mended.
/// </summary>
internal sealed class LenientJson
{
    private const int MaxDepth = 100;

    private readonly string _text;
    private readonly ISet<string> _repairs;
    private int _at;

    private LenientJson(string text, int start, ISet<string> repairs)
    {
        _text = text;
        _at = start;
        _repairs = repairs;
    }

    /// <param name="start">Where the value starts.</param>
    /// <param name="repairs">Gets a sentence for each kind of repair.</param>
    /// <param name="end">Where it ended.</param>
    public static LenientValue Read(string text, int start, ISet<string> repairs, out int end)
    {
        var reader = new LenientJson(text, start, repairs);
        var value = reader.Value(0);
        end = reader._at;
        return value;
    }

    private LenientValue Value(int depth)
    {
        SkipSpace();
        if (_at == _text.Length) return Missing();
        switch (_text[_at])
        {
            case '{' when depth < MaxDepth: return Map(depth);
            case '[' when depth < MaxDepth: return List(depth);
            case '"' or '\'': return new LenientValue.Text(Quoted());
            default: return Bare();
        }
    }

    private LenientValue.Map Map(int depth)
    {
        var members = new Dictionary<string, LenientValue>(StringComparer.Ordinal);
        _at++;
        while (More('}', ']'))
        {
            var before = _at;
            var key = _text[_at] is '"' or '\'' ? Quoted() : BareKey();
            SkipSpace();
            if (_at < _text.Length && _text[_at] == ':') _at++;
            else _repairs.Add("A colon was missing.");
            // The last of equal keys counts, as in Python; a key without a value is dropped.
            if (_at < _text.Length) members[key] = Value(depth + 1);
            Separate('}');
            if (_at == before) _at++;
        }
        return new LenientValue.Map(members);
    }

    private LenientValue.List List(int depth)
    {
        var items = new List<LenientValue>();
        _at++;
        while (More(']', '}'))
        {
            var before = _at;
            items.Add(Value(depth + 1));
            Separate(']');
            if (_at == before) _at++;
        }
        return new LenientValue.List(items);
    }

    // Whether another member follows; steps over the closing bracket. The other bracket closes too, as it is taken for a slip.
    private bool More(char close, char other)
    {
        SkipSpace();
        while (_at < _text.Length && _text[_at] == ',')
        {
            _repairs.Add("A comma was too many.");
            _at++;
            SkipSpace();
        }
        if (_at == _text.Length)
        {
            _repairs.Add("The end was missing: open brackets were closed.");
            return false;
        }
        if (_text[_at] == close)
        {
            _at++;
            return false;
        }
        if (_text[_at] != other) return true;
        _repairs.Add("A bracket of the wrong kind closed a list or an object.");
        _at++;
        return false;
    }

    private void Separate(char close)
    {
        SkipSpace();
        if (_at == _text.Length || _text[_at] == close) return;
        if (_text[_at] != ',')
        {
            if (_text[_at] is not ('}' or ']')) _repairs.Add("A comma was missing.");
            return;
        }
        _at++;
        SkipSpace();
        if (_at < _text.Length && _text[_at] == close) _repairs.Add("A comma was too many.");
    }

    private string Quoted()
    {
        var quote = _text[_at++];
        if (quote == '\'') _repairs.Add("Single quotes stood for double ones.");
        var value = new StringBuilder();
        while (_at < _text.Length && _text[_at] != quote)
        {
            value.Append(_text[_at] == '\\' && _at + 1 < _text.Length ? Escaped(quote) : _text[_at++]);
        }
        if (_at == _text.Length) _repairs.Add("A text had no closing quote.");
        else _at++;
        return value.ToString();
    }

    // Two escapes that make a surrogate pair meet by themselves: the text is UTF-16.
    private char Escaped(char quote)
    {
        var letter = _text[_at + 1];
        if (JsonEscape.TryLetter(letter, out var value) || letter == '\'')
        {
            if (letter == '\'' && quote != '\'') _repairs.Add("A quote was escaped that needs no escape.");
            _at += 2;
            return letter == '\'' ? letter : value;
        }
        if (letter == 'u' && _at + 6 <= _text.Length && JsonEscape.TryHex(_text.AsSpan(_at + 2, 4), out value))
        {
            _at += 6;
            return value;
        }
        _repairs.Add("An escape that JSON does not have was kept as it stood.");
        return _text[_at++];
    }

    private string BareKey()
    {
        _repairs.Add("A key had no quotes.");
        var start = _at;
        while (_at < _text.Length && _text[_at] is not (':' or ',' or '{' or '}' or '[' or ']' or '"' or '\'')) _at++;
        return _text[start.._at].Trim();
    }

    private LenientValue Bare()
    {
        var start = _at;
        while (_at < _text.Length && _text[_at] is not (',' or '{' or '}' or '[' or ']' or ':' or '"' or '\'' or '\n')) _at++;
        var word = _text[start.._at].Trim();
        if (double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return new LenientValue.Number(number);
        if (word is not ("null" or "true" or "false")) _repairs.Add("A word that is no value was passed over.");
        return new LenientValue.Other();
    }

    private LenientValue.Other Missing()
    {
        _repairs.Add("The end was missing: open brackets were closed.");
        return new LenientValue.Other();
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at])) _at++;
    }
}
