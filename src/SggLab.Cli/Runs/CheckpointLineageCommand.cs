using System.CommandLine;
using SggLab.Contracts.Api;

namespace SggLab.Cli.Runs;

/// <summary>`checkpoint lineage ID`: from the base weights to this checkpoint, and what grew from it.</summary>
internal static class CheckpointLineageCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("ID") { Description = "Id of a checkpoint (16 hex digits)." };
        var json = RunCommands.Json();
        var site = new SiteConnection();
        var command = new LabCommand("lineage", "Show what a checkpoint grew from, what grew from it, and how it was evaluated.")
        {
            Arguments = { id },
            Options = { json },
            Examples = ["./sgglab checkpoint lineage 3f2a91c07b5d4e88", "./sgglab checkpoint lineage 3f2a91c07b5d4e88 --json"],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = site.Connect(parsed);
            var lineage = await client.LineageAsync(parsed.GetRequiredValue(id), stop);
            if (parsed.GetValue(json)) Report.Json(lineage);
            else Print(lineage);
            return 0;
        });
        return command;
    }

    private static void Print(CheckpointLineage lineage)
    {
        var line = lineage.Ancestors.Select(c => Row("before", c)).Append(Row("this", lineage.Checkpoint)).Concat(lineage.Descendants.Select(c => Row("after", c)));
        Report.Table(["", "checkpoint", "run", ">attempt", ">step", "kind", "parent", ">bytes", "saved"], line, "");
        if (lineage.Evaluations.Count == 0) return;
        Console.Out.WriteLine();
        Report.Table(["dataset", "split", "protocol", ">images", ">failure %", ">recall %", ">mean recall %", ">event"],
            lineage.Evaluations.Select(e => new[] { e.Dataset, e.Split, e.Protocol, $"{e.Images}", Report.Percent(e.FailureRate), Report.Percent(e.Recall, e.RecallLow, e.RecallHigh), Report.Percent(e.MeanRecall), $"{e.Event}" }), "");
    }

    private static string?[] Row(string place, CheckpointNode c) => [place, c.Id, c.Run, $"{c.Attempt}", $"{c.Step}", c.Kind, c.Parent, $"{c.Bytes}", Report.Time(c.At)];
}
