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
            var run = await RunReference.FindAsync(client, parsed.GetRequiredValue(id), stop);
            var decided = await client.CancelAsync(run, stop);
            if (parsed.GetValue(json))
            {
                var after = (await client.RunAsync(run, stop)).Run;
                Report.Json(decided.State == "cancelled" ? after with { State = decided.State } : after);
            }
            else
            {
                Console.Out.WriteLine($"Run {run} {(decided.State == "cancelled" ? "is cancelled" : "is running and stops at its next step")}{(decided.Changed ? "" : " (it was asked before)")}.");
            }
            return 0;
        });
        return command;
    }
}
