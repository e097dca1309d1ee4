using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace SggLab.Cli;

/// <summary>The usual help, then the command's examples and where to go on.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private readonly HelpAction _help = new();

    public override int Invoke(ParseResult parseResult)
    {
        _help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        IReadOnlyList<string> examples = parseResult.CommandResult.Command switch
        {
            RootCommand => ["./sgglab up                    # start the site and its workers", "./sgglab test                  # run the whole suite",
                "./sgglab doctor                # what is missing on this machine", "./sgglab leaderboard --json    # the ranking, best first"],
            LabCommand command => command.Examples,
            _ => [],
        };
        if (examples.Count == 0)
            return 0;
        output.WriteLine("Examples:");
        foreach (var example in examples)
            output.WriteLine($"  {example}");
        output.WriteLine();
        return 0;
    }
}

internal static class CommandPaths
{
    /// <summary>"run queue" for the command sgglab run queue; empty for the root.</summary>
    public static string CommandPath(this CommandResult result)
    {
        var names = new List<string>();
        for (SymbolResult? at = result; at is CommandResult { Command: not RootCommand } command; at = at.Parent)
            names.Insert(0, command.Command.Name);
        return string.Join(' ', names);
    }
}
