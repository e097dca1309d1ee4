using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SggLab.SceneGraphs.Similarity.SpacySm;

/// <summary>
/// Python's regular expressions as .NET's. Python sees code points where .NET sees UTF-16: a class with members beyond U+FFFF becomes an
/// alternation of surrogate pairs, and a range over the surrogates leaves them out. The shorthand classes are Python's.
/// </summary>
internal static class PythonPattern
{
    private const string NotSpace = @"[^\s\x1c-\x1f]";
    private const string WordMembers = @"\p{L}\p{N}_";

    public static Regex Compile(string pattern) => new(JoinEnds(Translate(pattern)), RegexOptions.CultureInvariant);

    /// <summary>
    /// a$|b$ as (?:a|b)$, which is the same, but lets .NET try alternatives of one character all at once: spaCy's suffixes are a hundred of them.
    /// </summary>
    internal static string JoinEnds(string pattern)
    {
        var alternatives = Alternatives(pattern);
        return alternatives.Count > 1 && alternatives.TrueForAll(IsToTheEnd) ? $"(?:{string.Join('|', alternatives.Select(a => a[..^1]))})$" : pattern;
    }

    private static bool IsToTheEnd(string pattern) => pattern.EndsWith('$') && (pattern.Length - 1 - pattern[..^1].TrimEnd('\\').Length) % 2 == 0;

    private static List<string> Alternatives(string pattern)
    {
        var alternatives = new List<string>();
        var (start, depth, inClass) = (0, 0, false);
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\') i++;
            else if (pattern[i] == '[') inClass = true;
            else if (pattern[i] == ']') inClass = false;
            else if (inClass) continue;
            else if (pattern[i] == '(') depth++;
            else if (pattern[i] == ')') depth--;
            else if (pattern[i] == '|' && depth == 0)
            {
                alternatives.Add(pattern[start..i]);
                start = i + 1;
            }
        }
        alternatives.Add(pattern[start..]);
        return alternatives;
    }

    internal static string Translate(string pattern)
    {
        var translated = new StringBuilder(pattern.Length);
        for (var i = pattern.StartsWith("(?u)", StringComparison.Ordinal) ? 4 : 0; i < pattern.Length;)
        {
            if (pattern[i] == '[')
            {
                translated.Append(TranslateClass(pattern, ref i));
            }
            else if (pattern[i] == '\\' && pattern[i + 1] == 'S')
            {
                translated.Append(NotSpace);
                i += 2;
            }
            else if (pattern[i] == '\\' && pattern[i + 1] != 'U')
            {
                translated.Append(pattern, i, 2);
                i += 2;
            }
            else
            {
                translated.Append(pattern[i] == '\\' ? char.ConvertFromUtf32(ReadMember(pattern, ref i)) : pattern[i++].ToString());
            }
        }
        return translated.ToString();
    }

    private static string TranslateClass(string pattern, ref int i)
    {
        i++;
        if (pattern[i] == '^') throw new NotSupportedException("A negated class, which spaCy's patterns have none of.");
        var members = new StringBuilder();
        var pairs = new List<string>();
        while (pattern[i] != ']')
        {
            if (pattern[i] == '\\' && pattern[i + 1] is 'w' or 'd' or 's')
            {
                members.Append(pattern[i + 1] == 'w' ? WordMembers : pattern.AsSpan(i, 2).ToString());
                i += 2;
                continue;
            }
            var first = ReadMember(pattern, ref i);
            var last = first;
            if (pattern[i] == '-' && pattern[i + 1] != ']')
            {
                i++;
                last = ReadMember(pattern, ref i);
            }
            AddRange(first, last, members, pairs);
        }
        i++;
        var single = $"[{members}]";
        if (pairs.Count == 0) return single;
        return members.Length == 0 ? $"(?:{string.Join('|', pairs)})" : $"(?:{single}|{string.Join('|', pairs)})";
    }

    private static int ReadMember(string pattern, ref int i)
    {
        if (pattern[i] == '\\' && pattern[i + 1] is 'u' or 'U' or 'x')
        {
            var digits = pattern[i + 1] switch { 'U' => 8, 'u' => 4, _ => 2 };
            var value = int.Parse(pattern.AsSpan(i + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            i += 2 + digits;
            return value;
        }
        if (pattern[i] == '\\') i++;
        var rune = Rune.GetRuneAt(pattern, i);
        i += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private static void AddRange(int first, int last, StringBuilder members, List<string> pairs)
    {
        AddUnits(members, first, Math.Min(last, 0xd7ff));
        AddUnits(members, Math.Max(first, 0xe000), Math.Min(last, 0xffff));
        for (var start = Math.Max(first, 0x10000); start <= last;)
        {
            // As far as one high surrogate goes.
            var end = Math.Min(last, start | 0x3ff);
            var high = char.ConvertFromUtf32(start)[0];
            pairs.Add($"{Unit(high)}[{Unit(char.ConvertFromUtf32(start)[1])}-{Unit(char.ConvertFromUtf32(end)[1])}]");
            start = end + 1;
        }
    }

    private static void AddUnits(StringBuilder members, int first, int last)
    {
        if (first <= last) members.Append(Unit(first)).Append('-').Append(Unit(last));
    }

    private static string Unit(int unit) => $"\\u{unit:x4}";
}
