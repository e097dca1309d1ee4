using System.CommandLine;
using System.CommandLine.Parsing;
using SggLab.Contracts;

namespace SggLab.Cli;

/// <summary>Finds the first word of a command line that is no command, option or argument here, and says what was probably meant.</summary>
internal static class WrongWord
{
    /// <returns>A sentence; null where every word was understood.</returns>
    public static string? Explain(ParseResult parsed)
    {
        if (Find(parsed) is not { } word)
            return null;
        var (command, path) = (parsed.CommandResult.Command, parsed.CommandResult.CommandPath());
        var name = path.Length > 0 ? $"`{path}`" : "sgglab";
        if (IsOption(word))
            return Said(word, $"is no option of {name}", "Its options are", Options(parsed.CommandResult));
        var commands = command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name).ToList();
        return commands.Count > 0 ? Said(word, $"is no command of {name}", "Its commands are", commands)
            : command.Arguments.Count == 0 ? $"{name} takes no argument; given was '{word}'."
            : $"{name} takes {string.Join(" ", command.Arguments.Select(argument => argument.Name))} and no more; '{word}' is too many.";
    }

    private static string? Find(ParseResult parsed)
    {
        // After -- the user says that every word is meant as it stands.
        var taken = parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash) ? null
            : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).FirstOrDefault(token => IsOption(token.Value))?.Value;
        return taken ?? (parsed.UnmatchedTokens is [var first, ..] ? first : null);
    }

    private static bool IsOption(string word) => word.StartsWith("--", StringComparison.Ordinal) && word.Length > 2 || word.Length > 1 && word[0] == '-' && char.IsAsciiLetter(word[1]);

    private static List<string> Options(CommandResult at)
    {
        var names = at.Command.Options.Where(option => !option.Hidden).Select(option => option.Name).ToList();
        for (var parent = at.Parent; parent is CommandResult above; parent = above.Parent)
            names.AddRange(above.Command.Options.Where(option => option.Recursive).Select(option => option.Name));
        return names;
    }

    private static string Said(string word, string problem, string listed, IReadOnlyCollection<string> known) =>
        $"'{word}' {problem}. {(NearestWord.Of(word, known) is { } nearest ? $"Did you mean '{nearest}'?" : $"{listed} {string.Join(", ", known)}.")}";
}
