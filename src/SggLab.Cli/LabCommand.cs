using System.CommandLine;
using System.Diagnostics.CodeAnalysis;

namespace SggLab.Cli;

/// <summary>A command whose help ends with examples.</summary>
[SuppressMessage("Design", "CA1010", Justification = "Command enumerates only to allow collection initializers.")]
public sealed class LabCommand(string name, string description) : Command(name, description)
{
    /// <summary>Whole command lines as typed, each followed by two spaces, # and what it does.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>How long Ctrl-C waits for the command to put things in order before the process ends anyway.</summary>
    public TimeSpan StopsWithin { get; init; } = TimeSpan.FromSeconds(2);
}
