using System.Globalization;
using System.Text.RegularExpressions;

namespace SggLab.Cli;

/// <summary>Puts the parser's message about a value of the wrong type, which names .NET's types, into words.</summary>
internal static partial class WrongType
{
    public static string InWords(string message) => ParsersWords().Replace(message, match => $"'{match.Groups["given"]}' does not do for {match.Groups["option"]}; wanted {Wanted(match.Groups["type"].Value)}.");

    private static string Wanted(string type) => type switch
    {
        _ when type.Contains("Int32", StringComparison.Ordinal) => string.Create(CultureInfo.InvariantCulture, $"a whole number up to {int.MaxValue}"),
        _ when type.Contains("Int64", StringComparison.Ordinal) => "a whole number",
        _ when type.Contains("Double", StringComparison.Ordinal) || type.Contains("Single", StringComparison.Ordinal) => "a number",
        _ when type.Contains("Boolean", StringComparison.Ordinal) => "true or false",
        _ => $"what reads as {type}",
    };

    [GeneratedRegex(@"^Cannot parse argument '(?<given>.*)' for option '(?<option>.*)' as expected type '(?<type>.*)'\.$", RegexOptions.Singleline)]
    private static partial Regex ParsersWords();
}
