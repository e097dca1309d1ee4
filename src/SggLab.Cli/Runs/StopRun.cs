using System.CommandLine;

namespace SggLab.Cli.Runs;

/// <summary>`run cancel ID`.</summary>
internal static class StopRun
{
    public static Command Create()
    {
        var id = RunCommands.RunId();
        var json = RunCommands.Json();
        var site = new SiteConnection();
        var command = new LabCommand("cancel", "Cancel a run: a queued one at once, a running one at its next step.")
        {
            Arguments = { id },
            Options = { json },
            Examples = ["./sgglab run cancel 7f3a9k2m1c"],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = site.Connect(parsed);
            var run = parsed.GetRequiredValue(id);
            await client.CancelAsync(run, stop);
            var after = await client.RunAsync(run, stop);
            if (parsed.GetValue(json)) Report.Json(after.Run);
            else Console.Out.WriteLine(after.Run.State == "cancelled" ? $"Run {run} ({after.Run.Name}) is cancelled." : $"Run {run} ({after.Run.Name}) is {after.Run.State} and stops at its next step.");
            return 0;
        });
        return command;
    }
}
