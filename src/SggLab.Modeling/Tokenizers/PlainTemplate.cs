using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace SggLab.Modeling;

/// <summary>
/// What of a chat template conversations of text and images reach: no branch for tools, videos or numbered pictures, however these are worded.
/// Templates that agree in it render such conversations alike, so that one is recognised by it among its versions.
/// </summary>
internal static partial class PlainTemplate
{
    /// <summary>Longer texts are no template that could be known.</summary>
    private const int LongestTemplate = 1 << 16;

    /// <summary>A block that is open: whether it is reached itself, and whether it was written for one of its branches.</summary>
    private readonly record struct Block(bool Reached, bool Written);

    /// <summary>The SHA-256 of the reached part; empty where the text is no template.</summary>
    public static string Fingerprint(string template) =>
        template.Length <= LongestTemplate && Of(template.Trim()) is { } plain ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(plain))) : "";

    /// <summary>The reached part, one tag or text a line; null where blocks are not closed.</summary>
    private static string? Of(string template)
    {
        var lines = new List<string>();
        var open = new Stack<Block>();
        var (reached, end, trims) = (true, 0, false);
        foreach (Match tag in Tag().Matches(template))
        {
            AddText(template[end..tag.Index], trims, tag.ValueSpan[2] == '-');
            (end, trims) = (tag.Index + tag.Length, tag.ValueSpan[^3] == '-');
            if (tag.Groups["output"] is { Success: true } output)
                Add(Literal().Match(output.Value) is { Success: true } literal ? "text " + literal.Groups["text"].Value : "output " + Normal(output.Value));
            else if (tag.Groups["statement"] is { Success: true } statement && !Statement(Normal(statement.Value)))
                return null;
        }
        AddText(template[end..], trims, trimsEnd: true);
        return open.Count == 0 ? string.Join('\n', lines) : null;

        bool Statement(string statement)
        {
            var (word, condition) = statement.Split(' ', 2) is [var first, var rest] ? (first, rest) : (statement, "");
            switch (word)
            {
                case "if" or "for":
                    open.Push(new Block(reached, Written: false));
                    Branch(word, condition);
                    return true;
                case "elif" or "else" when open.Count > 0:
                    Branch(word, condition);
                    return true;
                case "endif" or "endfor" when open.Count > 0:
                    (reached, var written) = open.Pop();
                    if (written)
                        Add(word);
                    return true;
                case "set" when Counts().IsMatch(condition):
                    return true;
                default:
                    Add(statement);
                    return word is not ("elif" or "else" or "endif" or "endfor");
            }
        }

        void Branch(string word, string condition)
        {
            var block = open.Pop();
            reached = block.Reached && !IsUnreached(condition);
            // After branches that are not reached, "elif" begins the block and "else" is what always happens.
            var written = reached && (word != "else" || block.Written);
            if (written)
                Add(word == "elif" && !block.Written ? $"if {condition}" : $"{word} {condition}");
            open.Push(block with { Written = block.Written || written });
        }

        void AddText(string text, bool trimsStart, bool trimsEnd)
        {
            text = trimsStart ? text.TrimStart() : text;
            text = trimsEnd ? text.TrimEnd() : text;
            if (text.Length > 0)
                Add("text " + text);
        }

        void Add(string line)
        {
            if (reached)
                lines.Add(line.ReplaceLineEndings("\\n"));
        }
    }

    /// <summary>Whether every way for a condition to hold asks for something that such conversations do not have.</summary>
    private static bool IsUnreached(string condition) => condition.Split(" or ").All(way => Unreached().IsMatch(way) && !Negated().IsMatch(way));

    private static string Normal(string expression) => Spaces().Replace(expression, " ").Replace('"', '\'');

    [GeneratedRegex(@"\{%-?\s*(?<statement>.*?)\s*-?%\}|\{\{-?\s*(?<output>.*?)\s*-?\}\}|\{#.*?#\}", RegexOptions.Singleline)]
    private static partial Regex Tag();

    [GeneratedRegex("""^(?<quote>['"])(?<text>(?:[^'"\\]|\\n)*)\k<quote>$""")]
    private static partial Regex Literal();

    [GeneratedRegex(@"\b(tools|tool_calls|add_vision_id)\b|'tool'|video")]
    private static partial Regex Unreached();

    [GeneratedRegex(@"\bnot\b|!=|<|== ?(0|'')|\b(none|undefined|false)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Negated();

    [GeneratedRegex(@"^(image|video)_count\b")]
    private static partial Regex Counts();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
