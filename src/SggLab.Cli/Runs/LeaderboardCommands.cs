using System.CommandLine;
using System.Globalization;
using SggLab.Contracts.Api;

namespace SggLab.Cli.Runs;

/// <summary>`leaderboard`: evaluations of final checkpoints, best first within one protocol.</summary>
public static class LeaderboardCommands
{
    public static Command Create()
    {
        var dataset = new Option<string?>("--dataset") { Description = "Only this data set, such as vg150, psg or synthetic." };
        var split = new Option<string?>("--split") { Description = "Only this split." };
        var asOf = new Option<string?>("--as-of") { Description = "The board as it was: a time (ISO 8601 with offset) or an event's sequence number." };
        var experiment = new Option<string?>("--experiment") { Description = "Only runs of this experiment (its id); they keep their ranks." };
        var json = RunCommands.Json();
        var site = new SiteConnection();
        var command = new LabCommand("leaderboard", "Rank evaluated runs, best first; different protocols are never ranked together.")
        {
            Options = { dataset, split, experiment, asOf, json },
            Examples =
            [
                "./sgglab leaderboard                                          # as it is now",
                "./sgglab leaderboard --dataset synthetic --split test --json",
                "./sgglab leaderboard --as-of 2026-03-01T12:00:00+00:00        # as it was then",
            ],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = site.Connect(parsed);
            var (rows, total) = await client.LeaderboardAsync(parsed.GetValue(dataset), parsed.GetValue(split), parsed.GetValue(asOf), parsed.GetValue(experiment), stop);
            if (parsed.GetValue(json)) Report.Json(rows);
            else Print(rows);
            if (total > rows.Count)
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"These are the best {rows.Count:N0} of {total:N0} rows. Fewer are asked for by --dataset, --split or --experiment ID."));
            return 0;
        });
        return command;
    }

    private static void Print(IReadOnlyList<LeaderboardRow> rows)
    {
        foreach (var board in rows.GroupBy(r => (r.Dataset, r.Split, r.Protocol, r.ProtocolHash)))
        {
            Console.Out.WriteLine($"{board.Key.Dataset} {board.Key.Split}, protocol {board.Key.Protocol} ({board.Key.ProtocolHash[..Math.Min(8, board.Key.ProtocolHash.Length)]}); figures in percent, 95% intervals");
            Report.Table([">#", "run", "method", "variant", ">seed", ">recall", ">over its start", ">mean recall", ">failure", ">AP50", ">images", "checkpoint", ">event"],
                board.Select(r => new[]
                {
                    $"{r.Rank}", r.Run, r.Method, r.Variant, $"{r.Seed}", Report.Percent(r.Recall, r.RecallLow, r.RecallHigh),
                    r.OverStart is { } d ? $"{(d.Mean < 0 ? "" : "+")}{Report.Percent(d.Mean, d.Low, d.High)}" : "",
                    Report.Percent(r.MeanRecall), Report.Percent(r.FailureRate), Report.AveragePrecision(r.Ap50), $"{r.Images}", r.Checkpoint, $"{r.Event}",
                }), "");
            Console.Out.WriteLine();
        }
        if (rows.Count == 0) Console.Out.WriteLine("Nothing is ranked yet: a run appears once it has evaluated a checkpoint.");
    }
}
