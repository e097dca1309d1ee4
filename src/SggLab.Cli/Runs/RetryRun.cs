using System.CommandLine;

namespace SggLab.Cli.Runs;

/// <summary>`run retry ID`.</summary>
internal static class RetryRun
{
    public static Command Create()
    {
        var id = RunCommands.RunId();
        var json = RunCommands.Json();
        var site = new SiteConnection();
        var command = new LabCommand("retry", "Queue a failed or cancelled run again; it goes on from its newest full checkpoint.")
        {
            Arguments = { id },
            Options = { json },
            Examples = ["./sgglab run retry 7f3a9k2m1c"],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = site.Connect(parsed);
            var run = await RunReference.FindAsync(client, parsed.GetRequiredValue(id), stop);
            await client.RetryAsync(run, stop);
            var after = await client.RunAsync(run, stop);
            if (parsed.GetValue(json)) Report.Json(after.Run);
            else Console.Out.WriteLine($"Run {run} ({after.Run.Name}) is {after.Run.State}.");
            return 0;
        });
        return command;
    }
}
