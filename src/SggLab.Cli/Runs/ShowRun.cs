using System.CommandLine;
using System.Globalization;
using SggLab.Contracts.Api;

namespace SggLab.Cli.Runs;

/// <summary>`run show ID`: one run with its attempts, checkpoints and evaluations.</summary>
internal static class ShowRun
{
    public static Command Create()
    {
        var id = RunCommands.RunId();
        var json = RunCommands.Json();
        var site = new SiteConnection();
        var command = new LabCommand("show", "Show one run: state, attempts, checkpoints, evaluations.")
        {
            Arguments = { id },
            Options = { json },
            Examples = ["./sgglab run show 7f3a9k2m1c", "./sgglab run show soft-s1              # by name, where one run bears it", "./sgglab run show 7f3a9k2m1c --json    # with its whole specification"],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = site.Connect(parsed);
            var run = await client.RunAsync(await RunReference.FindAsync(client, parsed.GetRequiredValue(id), stop), stop);
            if (parsed.GetValue(json)) Report.Json(run);
            else Print(run);
            return 0;
        });
        return command;
    }

    private static void Print(RunDetail detail)
    {
        var run = detail.Run;
        Report.Pairs(
        [
            ("run", run.Id), ("name", run.Name), ("experiment", $"{run.Experiment} ({run.ExperimentId})"), ("method", run.Method), ("variant", run.Variant),
            ("seed", $"{run.Seed}"), ("state", run.State), ("waits", detail.Waits), ("message", run.Message), ("step", Report.Step(run.Step, run.TotalSteps)), ("worker", run.Worker),
            ("queued", Report.Time(run.QueuedAt)), ("started", Report.Time(run.StartedAt)), ("finished", Report.Time(run.FinishedAt)),
            ("specification", detail.SpecHash), ("protocol", $"{detail.Spec.Protocol.Name} ({detail.ProtocolHash[..Math.Min(16, detail.ProtocolHash.Length)]})"),
            ("last metrics", string.Join("  ", run.LastMetrics.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}={m.Value.ToString("G5", CultureInfo.InvariantCulture)}"))),
        ]);
        Console.Out.WriteLine();
        Report.Table(["attempt", "worker", "leased", "closed", "outcome", ">from step", ">records"],
            detail.Attempts.Select(a => new[] { $"{a.Number}", a.Worker, Report.Time(a.LeasedAt), Report.Time(a.ClosedAt), a.Outcome, $"{a.ResumedStep}", $"{a.Records}" }), "No attempt yet.");
        if (detail.Checkpoints.Count > 0)
        {
            Console.Out.WriteLine();
            Report.Table(["checkpoint", ">step", "kind", "parent", ">bytes"], detail.Checkpoints.Select(c => new[] { c.Id, $"{c.Step}", c.Kind, c.Parent, $"{c.Bytes}" }), "");
        }
        if (detail.Evaluations.Count > 0)
        {
            Console.Out.WriteLine();
            Report.Table(["evaluated", ">step", "dataset", "split", "protocol", ">images", ">failure %", ">recall %", ">mean recall %"],
                detail.Evaluations.Select(e => new[] { e.Checkpoint, $"{e.Step}", e.Dataset, e.Split, e.Protocol, $"{e.Images}", Report.Percent(e.FailureRate), Report.Percent(e.Recall, e.RecallLow, e.RecallHigh), Report.Percent(e.MeanRecall) }), "");
        }
    }
}
