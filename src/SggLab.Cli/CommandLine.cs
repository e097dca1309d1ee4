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
    /// <summary>
    /// Exit codes: 0 done; 1 it ran and the answer is no; 2 wrong use or bad input; 3 a part of the environment is missing; 130 interrupted; 143 terminated;
    /// 141 nobody reads the output any more; 70 a bug.
    /// </summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = Root();
        if (args.Length == 0)
            args = ["--help"];
        var parsed = root.Parse(args);
        var lab = parsed.CommandResult.Command as LabCommand;
        if (lab is not { GoesOnUnread: true })
            OutputPipe.Watch();
        var asked = parsed.Action is HelpAction or HelpWithExamples;
        if (!asked && (WrongWord.Explain(parsed) ?? (parsed.Errors is [var error, ..] ? WrongType.InWords(error.Message) : null)) is { } problem)
            return WrongUse(parsed, problem);
        using var stop = new StopSignals(lab, parsed.Action is AsynchronousCommandLineAction);
        return stop.Conclude(await InvokeAsync(args, parsed, lab, stop));
    }

    private static async Task<int> InvokeAsync(string[] args, ParseResult parsed, LabCommand? lab, StopSignals stop)
    {
        try
        {
            var settings = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await stop.RunAsync(asked => parsed.InvokeAsync(settings, asked));
        }
        catch (LabException refused)
        {
            return Refuse(refused);
        }
        catch (OperationCanceledException) when (stop.IsAsked)
        {
            if (lab?.Kept is null)
                await Console.Error.WriteLineAsync(stop.Stopped);
            return 130;
        }
        catch (IOException left) when (OutputPipe.IsLeft(left))
        {
            return OutputPipe.ExitCode;
        }
        catch (Exception trouble) when (FileTrouble.InWords(trouble) is { } refused)
        {
            return Refuse(refused);
        }
        catch (Exception unexpected)
        {
            var log = CrashLog.Write(args, unexpected);
            await Console.Error.WriteLineAsync($"sgglab: {unexpected.Message.Split('\n')[0].TrimEnd()} This was not foreseen; the details are in {log}");
            return 70;
        }
    }

    private static int Refuse(LabException refused)
    {
        // Where standard error goes to the same full disk, the exit code alone has to say it.
        try
        {
            Console.Error.WriteLine($"sgglab: {refused.Message}");
        }
        catch (IOException)
        {
        }
        return refused.ExitCode;
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
}
