using System.Text.RegularExpressions;

namespace SggLab.Modeling;

/// <summary>The added tokens of a tokenizer, which are cut out of a text before anything else sees it.</summary>
internal sealed class SpecialTokens
{
    private readonly Regex? _any;
    private readonly HashSet<int> _special;

    public SpecialTokens(IReadOnlyDictionary<string, int> ids, IEnumerable<int> special)
    {
        Ids = ids;
        _special = [.. special];
        // Where two tokens start at the same place the longer one wins.
        var alternatives = string.Join('|', ids.Keys.OrderByDescending(k => k.Length).ThenBy(k => k, StringComparer.Ordinal).Select(Regex.Escape));
        _any = ids.Count == 0 ? null : new Regex(alternatives, RegexOptions.CultureInvariant);
    }

    public IReadOnlyDictionary<string, int> Ids { get; }

    /// <summary>Whether an added token is dropped by a decoding that skips special tokens.</summary>
    public bool IsSpecial(int id) => _special.Contains(id);

    /// <summary>The parts of a text; the id is -1 for plain ones.</summary>
    public IEnumerable<(Range Part, int Id)> Split(string text)
    {
        var start = 0;
        for (var match = _any?.Match(text); match is { Success: true }; match = match.NextMatch())
        {
            if (match.Index > start)
                yield return (start..match.Index, -1);
            start = match.Index + match.Length;
            yield return (match.Index..start, Ids[match.Value]);
        }
        if (start < text.Length)
            yield return (start..text.Length, -1);
    }
}
