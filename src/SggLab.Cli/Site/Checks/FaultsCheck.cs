using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SggLab.Client.Faults;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Postgres;

namespace SggLab.Cli.Site.Checks;

public static class FaultsCheckCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON document: kills, acknowledged, lost, doubled, stuck." };
        var minutes = new Option<double?>("--minutes") { Description = "How long the runs may take in all; by default 40, scripted 8." };
        var scripted = new Option<bool>("--scripted") { Description = "Runs that play a script instead of the demo: a minute or two." };
        var command = new LabCommand("faults", "Kill workers, web site and database in the middle of the demo; then hold the store to what was acknowledged.")
        {
            Examples = ["./sgglab check faults --json", "./sgglab check faults --scripted"],
        };
        foreach (var option in new Option[] { json, minutes, scripted })
            command.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var script = parsed.GetValue(scripted);
            var result = await FaultsCheck.RunAsync(script, TimeSpan.FromMinutes(parsed.GetValue(minutes) ?? (script ? 8 : 40)), CheckOutput.Say, cancel);
            return CheckOutput.Conclude(result, result.Statements, parsed.GetValue(json));
        });
        return command;
    }
}

/// <param name="Kills">Processes killed or restarted.</param>
/// <param name="Acknowledged">Records that the workers know to be stored.</param>
/// <param name="Lost">Of those, the ones that are not there.</param>
/// <param name="Doubled">Records stored twice.</param>
/// <param name="Stuck">Runs that did not end.</param>
public sealed record FaultsCheckResult(int Kills, long Acknowledged, long Lost, long Doubled, int Stuck, int Attempts, double Minutes, IReadOnlyList<string> Problems, IReadOnlyList<Held> Statements);

internal static class FaultsCheck
{
    public static async Task<FaultsCheckResult> RunAsync(bool scripted, TimeSpan limit, Action<string> say, CancellationToken cancel)
    {
        // Each death of a worker is a new incarnation, which ends its old lease at once; short leases cover the rest.
        var environment = new Dictionary<string, string?> { ["SGGLAB_LEASE_TTL_SECONDS"] = "15", ["SGGLAB_LEASE_GRACE_SECONDS"] = "30" };
        var clock = Stopwatch.StartNew();
        await using var site = await TrialSite.StartAsync("faults", scripted ? ["--no-demo"] : [], environment, say, cancel);
        if (scripted)
            await site.Client.QueueAsync(ScriptedExperiment.Of("faults", runs: 4, steps: 400, stepMilliseconds: 40), "faults", cancel);
        await site.UntilAsync(runs => runs.Any(r => r is { State: "running", Step: > 2 }), limit, cancel);
        var kills = await KillAsync(site, pause: scripted ? TimeSpan.FromSeconds(2) : TimeSpan.FromSeconds(45), say, cancel);
        await site.UntilAsync(runs => runs.All(r => r.State is "completed" or "failed" or "cancelled"), limit - clock.Elapsed, cancel);
        var report = await FaultsAudit.RunAsync(site.Client, Directory.GetDirectories(Path.Combine(site.Home.Folder, "workers")), cancel);
        var runs = await site.RunsAsync(cancel);
        var rebuild = await site.RebuildAgreesAsync(cancel);
        var left = await site.DownAsync();
        List<Held> statements =
        [
            new("two workers, two web sites and the database went down", kills == 5, $"{kills} kills"),
            new("every run completed", runs.All(r => r.State == "completed"), string.Join(", ", runs.Select(r => $"{r.Name} {r.State}"))),
            new("runs were taken up again", runs.Any(r => r.Attempt > 1), $"{report.Attempts} attempts of {runs.Count} runs"),
            new("records were acknowledged, and each is stored once", report is { Acknowledged: > 0, Lost: 0, Doubled: 0 }, $"{report.Acknowledged} acknowledged, {report.Stored} stored, {report.Lost} lost, {report.Doubled} doubled"),
            new("streams and curves have no gap, no double and no rolled-back step", report.Problems.Count == 0, report.Problems.Count == 0 ? "none" : string.Join(" ", report.Problems)),
            rebuild,
            new("down left no process", left.Count == 0, left.Count == 0 ? "none" : string.Join(", ", left)),
        ];
        site.Keep = !statements.All(s => s.Ok);
        return new(kills, report.Acknowledged, report.Lost, report.Doubled, report.Stuck, report.Attempts, Math.Round(clock.Elapsed.TotalMinutes, 2), report.Problems, statements);
    }

    /// <summary>Worker, web, database, worker, web: each once the one before has come back and runs go on.</summary>
    private static async Task<int> KillAsync(TrialSite site, TimeSpan pause, Action<string> say, CancellationToken cancel)
    {
        var kills = 0;
        foreach (var role in new[] { "worker", "web", "postgres", "worker", "web" })
        {
            await Task.Delay(pause, cancel);
            if (role == "postgres" && new PostgresFolder(site.Home.Postgres).Kind == "docker")
            {
                say("restarting the container of PostgreSQL");
                await DockerPostgres.RestartAsync(site.Home.Postgres, cancel);
                // The supervisor looks every five seconds and gives the web site the container's new port.
                await HealthyAgainAsync(site, cancel);
                kills++;
                continue;
            }
            var victim = await VictimAsync(site, role, cancel);
            say(string.Create(CultureInfo.InvariantCulture, $"{(role == "postgres" ? "restarting" : "kill -9")} {victim.Name} (process {victim.Identity.Pid})"));
            // PostgreSQL gets an orderly but immediate stop, as by a package update; the others vanish.
            victim.Identity.Send(role == "postgres" ? ProcessSignal.Interrupt : ProcessSignal.Kill);
            await BackAsync(site, victim, cancel);
            kills++;
        }
        return kills;
    }

    /// <summary>Of the workers one that is training.</summary>
    private static async Task<SiteProcess> VictimAsync(TrialSite site, string role, CancellationToken cancel)
    {
        for (var began = Stopwatch.StartNew(); ; await Task.Delay(200, cancel))
        {
            var candidates = ProcessFiles.Running(site.Home).Where(p => p.Role == role).ToList();
            var busy = role == "worker" ? await BusyAsync(site, cancel) : null;
            var victim = busy is null ? candidates.FirstOrDefault() : candidates.FirstOrDefault(p => busy.Contains(WorkerId(site.Home, p.Name)));
            if (victim is not null)
                return victim;
            if (began.Elapsed > TimeSpan.FromMinutes(2))
                throw new LabException($"There is no {role} to kill that is at work; nothing was found within two minutes. The home is {site.Home.Folder}", 1);
        }
    }

    private static async Task<HashSet<string>> BusyAsync(TrialSite site, CancellationToken cancel) =>
        [.. (await site.Client.WorkersAsync(cancel)).Where(w => w.RunId is not null).Select(w => w.Id)];

    private static string WorkerId(LabHome home, string name)
    {
        var file = Path.Combine(home.Folder, "workers", name, "worker-id");
        return File.Exists(file) ? File.ReadAllText(file).Trim() : "";
    }

    private static async Task HealthyAgainAsync(TrialSite site, CancellationToken cancel)
    {
        var began = Stopwatch.StartNew();
        for (var inARow = 0; inARow < 10; await Task.Delay(1000, cancel))
        {
            inARow = await site.Client.IsHealthyAsync(cancel) ? inARow + 1 : 0;
            if (began.Elapsed > TimeSpan.FromMinutes(3))
                throw new LabException($"The site did not come back within three minutes of its database's restart. The home is {site.Home.Folder}", 1);
        }
    }

    private static async Task BackAsync(TrialSite site, SiteProcess victim, CancellationToken cancel)
    {
        for (var began = Stopwatch.StartNew(); ; await Task.Delay(200, cancel))
        {
            if (ProcessFiles.Running(site.Home).Any(p => p.Name == victim.Name && p.Identity != victim.Identity) && await site.Client.IsHealthyAsync(cancel))
                return;
            if (began.Elapsed > TimeSpan.FromMinutes(3))
                throw new LabException($"{victim.Name} did not come back within three minutes. The home is {site.Home.Folder}", 1);
        }
    }
}
