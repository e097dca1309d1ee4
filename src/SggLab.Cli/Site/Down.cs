using System.CommandLine;
using SggLab.Contracts;
using SggLab.Postgres;

namespace SggLab.Cli.Site;

public static class DownCommands
{
    public static Command Create()
    {
        var home = HomeOption.Create();
        var command = new LabCommand("down", "Stop the site of this home: workers, web site, database. Nothing is lost; up goes on where it stopped.")
        {
            Examples = ["./sgglab down"],
        };
        command.Add(home);
        command.SetAction(async (parsed, cancel) =>
        {
            await StopAsync(LabHome.Find(parsed.GetValue(home)), Console.Error.WriteLine, cancel);
            return 0;
        });
        return command;
    }

    /// <summary>Asks the supervisor; what it does not stop, or what lives on after it was killed, is stopped from here.</summary>
    public static async Task StopAsync(LabHome home, Action<string> say, CancellationToken cancel)
    {
        if (!Directory.Exists(home.Folder))
        {
            say($"nothing to stop: there is no home folder {home.Folder}");
            return;
        }
        var before = ProcessFiles.Running(home);
        if (before.FirstOrDefault(p => p.Role == "supervisor") is { } supervisor)
            await StopSupervisorAsync(supervisor.Identity, home, say);
        using var hold = SiteLock.TryTake(home) ?? throw new LabException("Another command starts or stops this site at this moment. Try again in a little while.", 1);
        var left = await SiteStop.StopLeftoversAsync(home, say, cancel);
        await PostgresProvider.StopAsync(home.Postgres);
        ProcessFiles.Remove(home, "supervisor");
        ProcessFiles.Remove(home, "postgres");
        if (SiteFile.Read(home) is { } site)
            (site with { State = "stopped" }).Write(home);
        if (ProcessFiles.Running(home) is { Count: > 0 } alive)
            throw new LabException($"Still running: {string.Join(", ", alive.Select(p => $"{p.Name} ({p.Identity.Pid})"))}. Whose are they? ps -fp {alive[0].Identity.Pid}", 1);
        var stopped = before.Select(p => p.Name).Union(left).ToList();
        say(stopped.Count == 0 ? "nothing was running" : $"stopped {string.Join(", ", stopped)}");
    }

    private static async Task StopSupervisorAsync(ProcessIdentity supervisor, LabHome home, Action<string> say)
    {
        supervisor.Send(ProcessSignal.Terminate);
        for (var waited = 0; waited < 120 && !await supervisor.EndsWithinAsync(TimeSpan.FromSeconds(5)); waited += 5)
            say($"stopping {string.Join(", ", ProcessFiles.Running(home).Where(p => p.Role != "supervisor").Select(p => p.Name))} …");
        await supervisor.StopAsync((ProcessSignal.Kill, TimeSpan.FromSeconds(5)));
    }
}
