using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SggLab.Client.Faults;
using SggLab.Contracts.Api;

namespace SggLab.Cli.Site.Checks;

public static class SoakCheckCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var minutes = new Option<double>("--minutes") { Description = "How long runs are queued one after another.", DefaultValueFactory = _ => 30 };
        var command = new LabCommand("soak", "Run after run for a while: does memory grow, do answers slow down, is every record there?")
        {
            Examples = ["./sgglab check soak --minutes 120 --json"],
        };
        command.Add(json);
        command.Add(minutes);
        command.SetAction(async (parsed, cancel) =>
        {
            var result = await SoakCheck.RunAsync(TimeSpan.FromMinutes(parsed.GetValue(minutes)), CheckOutput.Say, cancel);
            return CheckOutput.Conclude(result, result.Statements, parsed.GetValue(json));
        });
        return command;
    }
}

/// <summary>Resident memory of a role's processes together, in megabytes: the mean of the first and of the last quarter of the time after warming up.</summary>
public sealed record MemoryTrend(string Role, double EarlyMb, double LateMb);

public sealed record SoakCheckResult(double Minutes, int Runs, long Records, double StatusP50Ms, double StatusP95Ms, IReadOnlyList<MemoryTrend> Memory, IReadOnlyList<Held> Statements);

internal static class SoakCheck
{
    private const int RunsAtATime = 4;
    /// <summary>What a garbage-collected heap may hold one time and not another, whatever its size.</summary>
    private const int SlackMb = 128;
    private static readonly string[] s_measured = ["supervisor", "web", "worker"];

    public static async Task<SoakCheckResult> RunAsync(TimeSpan time, Action<string> say, CancellationToken cancel)
    {
        await using var site = await TrialSite.StartAsync("soak", ["--no-demo"], new Dictionary<string, string?>(), say, cancel);
        var before = Pids(site.Home);
        var clock = Stopwatch.StartNew();
        var samples = new List<Sample>();
        var answers = new List<double>();
        var batches = 0;
        for (var told = TimeSpan.Zero; clock.Elapsed < time; await Task.Delay(1000, cancel))
        {
            var asked = Stopwatch.StartNew();
            var runs = await site.RunsAsync(cancel);
            answers.Add(asked.Elapsed.TotalMilliseconds);
            samples.AddRange(Sample.Take(site.Home, clock.Elapsed));
            if (runs.Count(r => r.State is "queued" or "waiting" or "running") < RunsAtATime)
                await site.Client.QueueAsync(ScriptedExperiment.Of($"soak {++batches}", RunsAtATime, steps: 300, stepMilliseconds: 10), $"soak-{batches}", cancel);
            if (clock.Elapsed - told > TimeSpan.FromSeconds(30))
                say(string.Create(CultureInfo.InvariantCulture, $"{(told = clock.Elapsed).TotalMinutes:0.0} of {time.TotalMinutes:0.0} minutes, {runs.Count} runs"));
        }
        await site.UntilAsync(runs => runs.All(r => r.State is "completed" or "failed" or "cancelled"), TimeSpan.FromMinutes(5), cancel);
        var report = await FaultsAudit.RunAsync(site.Client, Directory.GetDirectories(Path.Combine(site.Home.Folder, "workers")), cancel);
        var after = Pids(site.Home);
        var all = await site.RunsAsync(cancel);
        var rebuild = await site.RebuildAgreesAsync(cancel);
        var left = await site.DownAsync();
        var memory = Trends(samples, time);
        answers.Sort();
        // A short soak is mostly warming up, often on a machine that is busy with the rest of the suite.
        var answerLimit = time < TimeSpan.FromMinutes(5) ? 5000 : 1000;
        var p95 = answers[(int)(answers.Count * 0.95)];
        List<Held> statements =
        [
            new("every run completed", all.Count > 0 && all.All(r => r.State == "completed"), $"{all.Count} runs"),
            new("no record was lost or doubled", report.Ok, report.Ok ? $"{report.Stored} stored" : string.Join(" ", report.Problems)),
            new("no process died", before.SetEquals(after), before.SetEquals(after) ? $"the same {before.Count} processes" : "some were started again"),
            new($"status answers within {answerLimit} ms, 95 of 100 times", p95 < answerLimit, string.Create(CultureInfo.InvariantCulture, $"{p95:0} ms")),
            new("memory of supervisor, web site and workers was measured early and late", memory.Count == s_measured.Length && memory.All(m => m is { EarlyMb: > 0, LateMb: > 0 }), $"{samples.Count} samples of {string.Join(", ", memory.Select(m => m.Role))}"),
            .. memory.Select(m => new Held($"memory of {m.Role} does not grow by more than a third and {SlackMb} MB", m.LateMb < m.EarlyMb * 4 / 3 + SlackMb, string.Create(CultureInfo.InvariantCulture, $"{m.EarlyMb:0} MB, then {m.LateMb:0} MB"))),
            rebuild,
            new("down left no process", left.Count == 0, left.Count == 0 ? "none" : string.Join(", ", left)),
        ];
        site.Keep = !statements.All(s => s.Ok);
        return new(Math.Round(clock.Elapsed.TotalMinutes, 2), all.Count, report.Stored, answers[answers.Count / 2], p95, memory, statements);
    }

    private static HashSet<int> Pids(LabHome home) => [.. ProcessFiles.Running(home).Select(p => p.Identity.Pid)];

    /// <summary>The first fifth is warming up: code is compiled, caches fill.</summary>
    private static IReadOnlyList<MemoryTrend> Trends(List<Sample> samples, TimeSpan time)
    {
        double Mean(string role, double from, double to) =>
            samples.Where(s => s.Role == role && s.At >= time * from && s.At <= time * to).GroupBy(s => s.At).Select(g => g.Sum(s => s.Megabytes)).DefaultIfEmpty(0).Average();
        return [.. samples.Select(s => s.Role).Distinct().Select(role => new MemoryTrend(role, Math.Round(Mean(role, 0.2, 0.4), 1), Math.Round(Mean(role, 0.8, 1.0), 1)))];
    }

    private sealed record Sample(TimeSpan At, string Role, double Megabytes)
    {
        public static IEnumerable<Sample> Take(LabHome home, TimeSpan at) =>
            ProcessFiles.Running(home).Where(p => s_measured.Contains(p.Role)).Select(p => new Sample(at, p.Role, Resident(p.Identity.Pid)));

        /// <summary>Field 2 of /proc/PID/statm: pages.</summary>
        private static double Resident(int pid)
        {
            try { return long.Parse(File.ReadAllText($"/proc/{pid}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize / 1048576.0; }
            catch (IOException) { return 0; }
        }
    }
}
