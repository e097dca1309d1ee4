using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Tracking.Evaluations;
using SggLab.Training.Demo;

namespace SggLab.Cli.Site.Checks;

public static class DemoCheckCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var minutes = new Option<double>("--minutes") { Description = "How long everything may take.", DefaultValueFactory = _ => 25 };
        var steps = new Option<int?>("--steps") { Description = "A short run: this many steps of each run and 40 scenes, all of it but the learning.", HelpName = "N" };
        var command = new LabCommand("demo", "From nothing to the ranking: up, the whole demo, the leaderboard and its intervals, down.")
        {
            Examples = ["./sgglab check demo --json", "./sgglab check demo --steps 2      # a minute or two"],
        };
        foreach (var option in new Option[] { json, minutes, steps })
            command.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var result = await DemoCheck.RunAsync(TimeSpan.FromMinutes(parsed.GetValue(minutes)), parsed.GetValue(steps), CheckOutput.Say, cancel);
            return CheckOutput.Conclude(result, result.Statements, parsed.GetValue(json));
        });
        return command;
    }
}

/// <summary>GRPO's mean recall over the seeds minus SFT's on the same held-out scenes, with the 95% interval of a paired bootstrap.</summary>
public sealed record VariantGain(string Variant, int Seeds, int Scenes, double Mean, double Low, double High);

/// <param name="ReadySeconds">From the command to the answer of `up`.</param>
/// <param name="FirstCurveSeconds">From there to the first point of a curve.</param>
public sealed record DemoCheckResult(bool Ok, double ReadySeconds, double? FirstCurveSeconds, double? FirstSeedMinutes, double? AllMinutes,
    IReadOnlyList<VariantGain> Gains, IReadOnlyList<DemoRank> Leaderboard, IReadOnlyList<Held> Statements);

public sealed record DemoRank(string Run, string? Variant, string Method, int Seed, double Recall, double MeanRecall, double FailureRate);

internal static class DemoCheck
{
    private static readonly TimeSpan s_firstSeedLimit = TimeSpan.FromMinutes(12), s_firstCurveLimit = TimeSpan.FromSeconds(30);

    public static async Task<DemoCheckResult> RunAsync(TimeSpan limit, int? steps, Action<string> say, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        await using var site = await TrialSite.StartAsync("demo", steps is null ? [] : ["--no-demo"], new Dictionary<string, string?>(), say, cancel);
        if (steps is { } few)
            await QueueShortAsync(site, few, say, cancel);
        var ready = clock.Elapsed;
        say(string.Create(CultureInfo.InvariantCulture, $"ready after {ready.TotalSeconds:0} s"));
        var firstCurve = FirstCurveAsync(site, cancel);
        var firstSeed = await site.UntilAsync(runs => FirstSeed(runs).All(Ended), limit - clock.Elapsed, cancel) ? clock.Elapsed : (TimeSpan?)null;
        var all = firstSeed is not null && await site.UntilAsync(runs => runs.All(Ended), limit - clock.Elapsed, cancel) ? clock.Elapsed : (TimeSpan?)null;
        var runs = await site.RunsAsync(cancel);
        var (board, _) = await site.Client.LeaderboardAsync(stop: cancel);
        var gains = all is null ? [] : await GainsAsync(site, runs, cancel);
        var curve = await firstCurve;
        List<Held> statements =
        [
            new("every run completed", all is not null && runs.All(r => r.State == "completed"), string.Join(", ", runs.Select(r => $"{r.Name} {r.State}"))),
            new("each evaluated run is on the leaderboard", runs.All(r => board.Any(b => b.RunId == r.Id)), $"{board.Count} rows"),
            new("a curve got its first point", curve is not null, Seconds(curve)),
        ];
        if (steps is null)
            statements.AddRange([new("that point came at most 30 s after ready", curve <= s_firstCurveLimit, Seconds(curve)), .. Learned(board, gains, firstSeed, all, limit)]);
        var left = await site.DownAsync();
        statements.Add(new("down left no process", left.Count == 0, left.Count == 0 ? "none" : string.Join(", ", left)));
        var ok = statements.All(s => s.Ok);
        site.Keep = !ok;
        return new(ok, Math.Round(ready.TotalSeconds, 1), curve?.TotalSeconds, firstSeed?.TotalMinutes, all?.TotalMinutes, gains,
            [.. board.Select(b => new DemoRank(b.Run, b.Variant, b.Method, b.Seed, b.Recall, b.MeanRecall, b.FailureRate))], statements);
    }

    private static IEnumerable<Held> Learned(IReadOnlyList<LeaderboardRow> board, IReadOnlyList<VariantGain> gains, TimeSpan? firstSeed, TimeSpan? all, TimeSpan limit)
    {
        yield return new("SFT and seed 1 of the three variants took at most 12 minutes", firstSeed <= s_firstSeedLimit, Minutes(firstSeed));
        yield return new(string.Create(CultureInfo.InvariantCulture, $"everything took at most {limit.TotalMinutes:0} minutes"), all <= limit, Minutes(all));
        var sft = board.FirstOrDefault(b => Is(b, RunMethod.Sft))?.Recall;
        var untrained = board.FirstOrDefault(b => Is(b, RunMethod.Evaluate))?.Recall;
        var grpo = board.Where(b => Is(b, RunMethod.Grpo)).ToList();
        yield return new("every GRPO run is above SFT, SFT above the untrained model", grpo.Count > 0 && grpo.All(b => b.Recall > sft) && sft > untrained,
            string.Create(CultureInfo.InvariantCulture, $"GRPO {string.Join(" ", grpo.Select(b => b.Recall.ToString("0.000", CultureInfo.InvariantCulture)))}, SFT {sft:0.000}, untrained {untrained:0.000}"));
        yield return new("the board is sorted, best first", board.Zip(board.Skip(1)).All(p => p.First.ProtocolHash != p.Second.ProtocolHash || p.First.Recall >= p.Second.Recall), $"{board.Count} rows");
        foreach (var gain in gains)
            yield return new($"{gain.Variant} gains over SFT on held-out recall: the lower bound is above 0", gain is { Low: > 0, Scenes: >= 300, Seeds: 2 },
                string.Create(CultureInfo.InvariantCulture, $"{gain.Mean:0.0000} [{gain.Low:0.0000}, {gain.High:0.0000}] over {gain.Scenes} scenes and {gain.Seeds} seeds"));
        yield return new("there are three variants", gains.Count == 3, $"{gains.Count}");
    }

    /// <summary>The same eight runs with few steps and few scenes: everything happens, nothing is learnt.</summary>
    private static async Task QueueShortAsync(TrialSite site, int steps, Action<string> say, CancellationToken cancel)
    {
        var folder = Demo.Folder(site.Home);
        say("making the demo's scenes and its untrained model …");
        await Task.Run(() => DemoExperiment.Prepare(folder), cancel);
        var demo = DemoExperiment.Spec(folder);
        await site.Client.QueueAsync(demo with { Runs = [.. demo.Runs.Select(r => Shorten(r, steps))] }, "short-demo", cancel);
    }

    private static RunSpec Shorten(RunSpec run, int steps) => run with
    {
        Evaluation = run.Evaluation with { Limit = 40 },
        Sft = run.Sft is null ? null : run.Sft with { MaxSteps = steps },
        Grpo = run.Grpo is null ? null : run.Grpo with { MaxSteps = steps },
    };

    private static async Task<TimeSpan?> FirstCurveAsync(TrialSite site, CancellationToken cancel)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromMinutes(3); await Task.Delay(1000, cancel))
            foreach (var run in (await site.RunsAsync(cancel)).Where(r => r.StartedAt is not null))
                if ((await site.Client.CurvesAsync(run.Id, [], cancel)).Any(c => c.Steps.Count > 0))
                    return clock.Elapsed;
        return null;
    }

    private static async Task<IReadOnlyList<VariantGain>> GainsAsync(TrialSite site, IReadOnlyList<RunSummary> runs, CancellationToken cancel)
    {
        var sft = await FinalAsync(site, runs.Single(r => Is(r.Method, RunMethod.Sft)), cancel);
        var gains = new List<VariantGain>();
        foreach (var variant in runs.Where(r => Is(r.Method, RunMethod.Grpo)).GroupBy(r => r.Variant!))
        {
            var seeds = new List<IReadOnlyList<double?>>();
            foreach (var run in variant)
                if (await FinalAsync(site, run, cancel) is { } recalls)
                    seeds.Add(recalls);
            if (sft is null || seeds.Count == 0)
                continue;
            // A scene's figure is its mean over the seeds; null where the scene has no relation.
            var mean = Enumerable.Range(0, sft.Count).Select(i => seeds.Average(s => s[i])).ToList();
            if (PairedBootstrap.Difference(mean, sft) is var (difference, low, high))
                gains.Add(new(variant.Key, seeds.Count, sft.Count(s => s is not null), difference, low, high));
        }
        return gains;
    }

    /// <summary>The recall of each scene in the run's last evaluation, read from the events.</summary>
    private static async Task<IReadOnlyList<double?>?> FinalAsync(TrialSite site, RunSummary run, CancellationToken cancel)
    {
        IReadOnlyList<double?>? last = null;
        await foreach (var item in site.Client.EventsAsync(run.Id, cancel))
            if (item.Type == "evaluation_recorded")
                last = item.Data.Deserialize<EvaluationRecord>(LabJson.Options)?.PerImageRecall;
        return last;
    }

    private static IEnumerable<RunSummary> FirstSeed(IReadOnlyList<RunSummary> runs) => runs.Where(r => r.Seed == 1);

    private static bool Ended(RunSummary run) => run.State is "completed" or "failed" or "cancelled";

    private static bool Is(LeaderboardRow row, RunMethod method) => Is(row.Method, method);

    private static bool Is(string method, RunMethod wanted) => string.Equals(method, wanted.ToString(), StringComparison.OrdinalIgnoreCase);

    private static string Seconds(TimeSpan? time) => time is { } t ? string.Create(CultureInfo.InvariantCulture, $"{t.TotalSeconds:0} s") : "never";

    private static string Minutes(TimeSpan? time) => time is { } t ? string.Create(CultureInfo.InvariantCulture, $"{t.TotalMinutes:0.0} minutes") : "not within the time";
}
