using System.Text.Json;
using System.Text.RegularExpressions;
using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Similarity.SpacySm;

/// <summary>The English rules of spaCy's tokenizer, read from tokenizer.json.</summary>
internal sealed class TokenizerRules
{
    // The shorter one takes the same texts, as a colon is no space either, but in linear time.
    private const string UserAndPassword = @"\S+(?::\S*)?@";
    private const string User = @"\S+@";

    private readonly Dictionary<string, string> _baseNorms = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, string> _lexemeNorms = [];

    public required Regex Prefix { get; init; }
    public required Regex Suffix { get; init; }
    public required Regex Infix { get; init; }
    public required Regex Url { get; init; }

    /// <summary>Strings that become these tokens whatever the patterns say.</summary>
    public Dictionary<string, SpacyToken[]> Specials { get; } = new(StringComparer.Ordinal);

    public required StringIds Ids { get; init; }

    /// <summary>Seeds of the embedding tables, by attribute.</summary>
    public required IReadOnlyDictionary<string, uint> Seeds { get; init; }

    public static TokenizerRules Load(Stream json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var rules = new TokenizerRules
        {
            Prefix = PythonPattern.Compile(root.GetProperty("prefix_regex").GetString()!),
            Suffix = PythonPattern.Compile(root.GetProperty("suffix_regex").GetString()!),
            Infix = PythonPattern.Compile(root.GetProperty("infix_regex").GetString()!),
            Url = PythonPattern.Compile(root.GetProperty("url_match").GetString()!.Replace(UserAndPassword, User, StringComparison.Ordinal)),
            Ids = new StringIds(root.GetProperty("symbols").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetUInt64(), StringComparer.Ordinal)),
            Seeds = root.GetProperty("embed_seeds").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetUInt32(), StringComparer.Ordinal),
        };
        foreach (var norm in root.GetProperty("base_norms").EnumerateObject()) rules._baseNorms[norm.Name] = norm.Value.GetString()!;
        foreach (var norm in root.GetProperty("lexeme_norm_by_hash").EnumerateObject())
            rules._lexemeNorms[ulong.Parse(norm.Name, System.Globalization.CultureInfo.InvariantCulture)] = norm.Value.GetString()!;
        foreach (var special in root.GetProperty("special_cases").EnumerateObject())
            rules.Specials[special.Name] = [.. special.Value.EnumerateArray().Select(rules.TokenOf)];
        return rules;
    }

    /// <summary>The model's table, else spaCy's table, else lower case. A norm given by a special case holds in that case only.</summary>
    public string NormOf(string word)
    {
        if (_lexemeNorms.TryGetValue(Ids[word], out var norm)) return norm;
        return _baseNorms.TryGetValue(word, out norm) ? norm : PythonText.Lower(word);
    }

    private SpacyToken TokenOf(JsonElement token)
    {
        var text = token.GetProperty("orth").GetString()!;
        return new SpacyToken(text, token.TryGetProperty("norm", out var norm) ? norm.GetString()! : NormOf(text), false);
    }
}
