using System.CommandLine;
using SggLab.Cli.Training;

namespace SggLab.Cli.Runs;

/// <summary>sgglab run validate, queue, list, show, events, cancel, retry.</summary>
public static class RunCommands
{
    public static Command Create()
    {
        var run = new LabCommand("run", "Check, queue and watch runs.")
        {
            Examples = ["./sgglab run queue examples/tiny-sft.yaml # queue an experiment", "./sgglab run list                        # all runs, newest first"],
        };
        run.Add(ValidateRun.Create());
        run.Add(QueueRuns.Create());
        run.Add(ListRuns.Create());
        run.Add(ShowRun.Create());
        run.Add(RunEvents.Create());
        run.Add(StopRun.Create());
        run.Add(RetryRun.Create());
        return run;
    }

    internal static Option<bool> Json() => new("--json") { Description = "Print JSON and nothing else on standard output." };

    internal static Argument<string> RunId() => new("ID") { Description = "Id of a run as `run list` shows it, the beginning of one, or a run's name where only one bears it." };
}
