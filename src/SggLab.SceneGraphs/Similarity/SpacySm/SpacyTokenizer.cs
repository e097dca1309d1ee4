using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Similarity.SpacySm;

/// <summary>spaCy's tokenizer (<c>spacy/tokenizer.pyx</c> 3.8) with its English rules. Thread-safe.</summary>
internal sealed class SpacyTokenizer
{
    /// <summary>The longest unit or currency that the suffix pattern holds is five characters.</summary>
    private const int LongestSuffix = 5;

    private readonly TokenizerRules _rules;
    private readonly ILookup<string, string[]> _phrases;

    public SpacyTokenizer(TokenizerRules rules)
    {
        _rules = rules;
        _phrases = rules.Specials.Keys
            .Where(s => rules.Prefix.IsMatch(s) || rules.Infix.IsMatch(s) || rules.Suffix.IsMatch(s) || s.Contains(' ', StringComparison.Ordinal))
            .Select(s => Split(s, withSpecials: false).Select(t => t.Text).ToArray())
            .ToLookup(p => p[0], StringComparer.Ordinal);
    }

    public List<SpacyToken> Tokenize(string text) => ApplySpecials(Split(text, withSpecials: true));

    // Runs of spaces and of other characters; a single space after a word belongs to the word.
    private List<SpacyToken> Split(string text, bool withSpecials)
    {
        var tokens = new List<SpacyToken>();
        if (text.Length == 0) return tokens;
        var start = 0;
        var inSpace = PythonText.IsSpace(text[0]);
        for (var i = 0; i < text.Length; i++)
        {
            if (PythonText.IsSpace(text[i]) == inSpace) continue;
            if (start < i) AddRun(text[start..i], withSpecials, tokens);
            start = i;
            if (text[i] == ' ')
            {
                tokens[^1] = tokens[^1] with { SpaceAfter = true };
                start = i + 1;
            }
            inSpace = !inSpace;
        }
        if (start < text.Length)
        {
            AddRun(text[start..], withSpecials, tokens);
            tokens[^1] = tokens[^1] with { SpaceAfter = text[^1] == ' ' && !inSpace };
        }
        return tokens;
    }

    private void AddRun(string run, bool withSpecials, List<SpacyToken> tokens)
    {
        if (TryAddSpecial(run, withSpecials, tokens)) return;
        var prefixes = new List<string>();
        var suffixes = new List<string>();
        var rest = SplitAffixes(run, withSpecials, prefixes, suffixes);
        foreach (var prefix in prefixes) tokens.Add(WordOf(prefix));
        if (rest.Length > 0 && !TryAddSpecial(rest, withSpecials, tokens)) AddInfixed(rest, tokens);
        for (var i = suffixes.Count - 1; i >= 0; i--) tokens.Add(WordOf(suffixes[i]));
    }

    private bool TryAddSpecial(string text, bool withSpecials, List<SpacyToken> tokens)
    {
        if (!withSpecials || !_rules.Specials.TryGetValue(text, out var special)) return false;
        tokens.AddRange(special);
        return true;
    }

    private bool IsSpecial(string text, bool withSpecials) => withSpecials && text.Length > 0 && _rules.Specials.ContainsKey(text);

    private string SplitAffixes(string text, bool withSpecials, List<string> prefixes, List<string> suffixes)
    {
        for (var lastLength = 0; text.Length > 0 && text.Length != lastLength;)
        {
            if (IsSpecial(text, withSpecials)) break;
            lastLength = text.Length;
            var prefix = _rules.Prefix.Match(text).Length;
            if (prefix > 0 && IsSpecial(text[prefix..], withSpecials))
            {
                prefixes.Add(text[..prefix]);
                return text[prefix..];
            }
            var suffix = SuffixLength(text[prefix..]);
            if (suffix > 0 && IsSpecial(text[..^suffix], withSpecials))
            {
                suffixes.Add(text[^suffix..]);
                return text[..^suffix];
            }
            if (prefix > 0) prefixes.Add(text[..prefix]);
            if (suffix > 0) suffixes.Add(text[^suffix..]);
            text = text[prefix..^suffix];
        }
        return text;
    }

    // Only a run of dots makes a suffix of more than a few characters: what lies before cannot start one, and is not tried.
    private int SuffixLength(string text)
    {
        var start = Math.Max(0, text.Length - LongestSuffix);
        while (start > 0 && text[start] == '.') start--;
        return _rules.Suffix.Match(text, start).Length;
    }

    private void AddInfixed(string text, List<SpacyToken> tokens)
    {
        // Every URL has a dot in its domain.
        if (text.Contains('.', StringComparison.Ordinal) && _rules.Url.IsMatch(text))
        {
            tokens.Add(WordOf(text));
            return;
        }
        var start = 0;
        for (var match = _rules.Infix.Match(text); match.Success; match = match.NextMatch())
        {
            if (match.Index == 0) continue;
            if (match.Index != start) tokens.Add(WordOf(text[start..match.Index]));
            if (match.Length > 0) tokens.Add(WordOf(match.Value));
            start = match.Index + match.Length;
        }
        if (start < text.Length) tokens.Add(WordOf(text[start..]));
    }

    private SpacyToken WordOf(string text) => new(text, _rules.NormOf(text), false);

    // Special cases that the patterns have cut to pieces are put together again, longest first.
    private List<SpacyToken> ApplySpecials(List<SpacyToken> tokens)
    {
        var spans = new List<(int Start, int End)>();
        for (var i = 0; i < tokens.Count; i++)
            foreach (var phrase in _phrases[tokens[i].Text])
                if (IsAt(tokens, i, phrase)) spans.Add((i, i + phrase.Length));
        if (spans.Count == 0) return tokens;
        var chosen = Choose(spans);
        var result = new List<SpacyToken>();
        for (var i = 0; i < tokens.Count;)
        {
            if (!chosen.TryGetValue(i, out var end))
            {
                result.Add(tokens[i++]);
                continue;
            }
            if (_rules.Specials.TryGetValue(TextOf(tokens, i, end), out var special))
            {
                result.AddRange(special);
                result[^1] = result[^1] with { SpaceAfter = tokens[end - 1].SpaceAfter };
            }
            else
            {
                result.AddRange(tokens[i..end]);
            }
            i = end;
        }
        return result;
    }

    private static Dictionary<int, int> Choose(List<(int Start, int End)> spans)
    {
        var seen = new HashSet<int>();
        var chosen = new Dictionary<int, int>();
        foreach (var (start, end) in spans.OrderByDescending(s => s.End - s.Start).ThenBy(s => s.Start))
        {
            if (!seen.Contains(start) && !seen.Contains(end - 1)) chosen[start] = end;
            seen.UnionWith(Enumerable.Range(start, end - start));
        }
        return chosen;
    }

    private static bool IsAt(List<SpacyToken> tokens, int at, string[] phrase)
    {
        if (at + phrase.Length > tokens.Count) return false;
        for (var i = 0; i < phrase.Length; i++)
            if (tokens[at + i].Text != phrase[i]) return false;
        return true;
    }

    private static string TextOf(List<SpacyToken> tokens, int start, int end)
    {
        var text = "";
        for (var i = start; i < end; i++) text += tokens[i].SpaceAfter && i < end - 1 ? tokens[i].Text + " " : tokens[i].Text;
        return text;
    }
}
