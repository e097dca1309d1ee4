using System.CommandLine;
using System.Diagnostics.CodeAnalysis;

namespace SggLab.Cli;

/// <summary>A command whose help ends with examples.</summary>
[SuppressMessage("Design", "CA1010", Justification = "Command enumerates only to allow collection initializers.")]
public sealed class LabCommand(string name, string description) : Command(name, description)
{
    /// <summary>Whole command lines as typed, each followed by two spaces, # and what it does.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    internal static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(2);

    /// <summary>How long Ctrl-C waits, once the command's token is cancelled, before the process ends anyway.</summary>
    public TimeSpan StopsWithin { get; init; } = UsualPatience;

    /// <summary>What is there after Ctrl-C, as the rest of the sentence "stopped; …"; null for a command that has something of its own to say, or nothing.</summary>
    public string? Kept { get; init; }

    /// <summary>The work counts, not what it prints: it goes on where whoever read its output has left.</summary>
    public bool GoesOnUnread { get; init; }

    /// <summary>The command answers Ctrl-C and SIGTERM itself and takes its time.</summary>
    public bool OwnsSignals { get; init; }
}
