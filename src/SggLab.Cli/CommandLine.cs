using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using SggLab.Cli.Data;
using SggLab.Cli.Models;
using SggLab.Cli.Runs;
using SggLab.Cli.Science;
using SggLab.Cli.Site.Checks;
using SggLab.Cli.Site.Testing;
using SggLab.Cli.Site;
using SggLab.Cli.Training;
using SggLab.Contracts;

namespace SggLab.Cli;

/// <summary>Parses, runs, and turns whatever goes wrong into one clear message on standard error and an exit code.</summary>
public static class CommandLine
{
    // ENOSPC and EDQUOT, as .NET hands the kernel's number on.
    private const int NoSpace = 28, OverQuota = 122;

    /// <summary>Exit codes: 0 done; 1 it ran and the answer is no; 2 wrong use or bad input; 3 a part of the environment is missing; 130 interrupted; 70 a bug.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = Root();
        if (args.Length == 0)
            args = ["--help"];
        var parsed = root.Parse(args);
        var command = parsed.CommandResult.Command;
        var asked = parsed.Action is HelpAction or HelpWithExamples;
        if (!asked && (WrongWord.Explain(parsed) ?? (parsed.Errors is [var error, ..] ? WrongType.InWords(error.Message) : null)) is { } problem)
            return WrongUse(parsed, problem);
        var lab = command as LabCommand;
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = lab is { OwnsSignals: true } ? null : lab?.StopsWithin ?? TimeSpan.FromSeconds(2),
            });
        }
        catch (LabException refused)
        {
            await Console.Error.WriteLineAsync($"sgglab: {refused.Message}");
            return refused.ExitCode;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("sgglab: stopped.");
            return 130;
        }
        catch (IOException full) when (full.HResult is NoSpace or OverQuota)
        {
            // Where standard error goes to the same full disk, the exit code alone has to say it.
            try
            {
                await Console.Error.WriteLineAsync($"sgglab: the output cannot be written whole: {FirstLine(full.Message)}. Free some space where it goes, and run the command again.");
            }
            catch (IOException)
            {
            }
            return 3;
        }
        catch (Exception unexpected)
        {
            var log = CrashLog.Write(args, unexpected);
            await Console.Error.WriteLineAsync($"sgglab: {FirstLine(unexpected.Message)} This was not foreseen; the details are in {log}");
            return 70;
        }
    }

    /// <summary>The whole command tree, a line a group.</summary>
    public static RootCommand Root()
    {
        var root = new RootCommand("SggLab trains scene-graph models (SFT, then GRPO with graph rewards) and traces every number to the events that made it.")
        {
            UpCommands.Create(),
            DownCommands.Create(),
            StatusCommands.Create(),
            LogsCommands.Create(),
            DoctorCommands.Create(),
            TestCommands.Create(),
            CheckCommands.Create(),
            DatabaseCommands.Create(),
            RebuildCommands.Create(),
            ParityCommands.Create(),
            ModelCommands.Create(),
            TokenizerCommands.Create(),
            ImageCommands.Create(),
            GenerateCommands.Create(),
            DemoCommands.Create(),
            TrainCommands.Create(),
            RunCommands.Create(),
            LeaderboardCommands.Create(),
            CheckpointCommands.Create(),
            TokenCommands.Create(),
            MemberCommands.Create(),
            WorkerCommands.Create(),
            RewardCommands.Create(),
            SceneCommands.Create(),
            SimilarityCommands.Create(),
            EvalCommands.Create(),
            BenchCommands.Create(),
            DataCommands.Create(),
        };
        root.Options.OfType<HelpOption>().Single().Action = new HelpWithExamples();
        return root;
    }

    private static int WrongUse(ParseResult parsed, string problem)
    {
        var path = parsed.CommandResult.CommandPath();
        Console.Error.WriteLine($"sgglab: {problem}");
        Console.Error.WriteLine($"See: ./sgglab{(path.Length > 0 ? " " + path : "")} --help");
        return 2;
    }

    private static string FirstLine(string message) => message.Split('\n')[0].TrimEnd();
}
