using System.CommandLine;
using SggLab.Contracts.Api;

namespace SggLab.Cli.Runs;

/// <summary>`run list`: all runs, newest first.</summary>
internal static class ListRuns
{
    public static Command Create()
    {
        var state = new Option<string?>("--state") { Description = "Only runs in this state." };
        state.AcceptOnlyFromAmong("queued", "waiting", "running", "completed", "failed", "cancelled");
        var experiment = new Option<string?>("--experiment") { Description = "Only runs of this experiment (its id)." };
        var json = RunCommands.Json();
        var site = new SiteConnection();
        var command = new LabCommand("list", "List runs, newest first.")
        {
            Options = { state, experiment, json },
            Examples = ["./sgglab run list                    # all of them", "./sgglab run list --state running    # what is training now"],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = site.Connect(parsed);
            var runs = await client.RunsAsync(parsed.GetValue(experiment), parsed.GetValue(state), stop: stop);
            if (parsed.GetValue(json)) Report.Json(runs);
            else Print(runs);
            return 0;
        });
        return command;
    }

    private static void Print(IReadOnlyList<RunSummary> runs) => Report.Table(
        ["id", "experiment", "name", "method", "variant", ">seed", "state", ">attempt", ">step", "worker"],
        runs.Select(r => new[] { r.Id, r.Experiment, r.Name, r.Method, r.Variant, $"{r.Seed}", r.State, $"{r.Attempt}", Report.Step(r.Step, r.TotalSteps), r.Worker }),
        "No runs. Queue an experiment with `./sgglab run queue FILE.yaml`.");
}
