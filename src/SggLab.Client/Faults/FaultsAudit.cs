using SggLab.Contracts.Api;

namespace SggLab.Client.Faults;

/// <param name="Attempts">Attempt streams looked at.</param>
/// <param name="Acknowledged">Records that workers' journals know to be acknowledged by the server.</param>
/// <param name="Stored">Records that the server holds.</param>
/// <param name="Lost">Records missing from a stream, or acknowledged and not stored.</param>
/// <param name="Doubled">Records stored more than once.</param>
/// <param name="Stuck">Runs that have not ended.</param>
/// <param name="Problems">What is wrong, a sentence each; empty when all is well.</param>
public sealed record FaultsReport(int Attempts, long Acknowledged, long Stored, long Lost, long Doubled, int Stuck, IReadOnlyList<string> Problems)
{
    public bool Ok => Lost == 0 && Doubled == 0 && Stuck == 0 && Problems.Count == 0;
}

/// <summary>After kills and restarts: does the store hold each acknowledged record exactly once, and do the curves show what the events say and nothing else?</summary>
public static class FaultsAudit
{
    // Read models follow the events within moments.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <param name="workerStates">State folders of the workers that took part.</param>
    public static async Task<FaultsReport> RunAsync(LabClient client, IEnumerable<string> workerStates, CancellationToken stop = default)
    {
        var counts = workerStates.SelectMany(AttemptCount.Read).ToLookup(c => (c.RunId, c.Attempt));
        var (attempts, acknowledged, stored, lost, doubled, stuck, problems) = (0, 0L, 0L, 0L, 0L, 0, new List<string>());
        foreach (var run in await client.RunsAsync(stop: stop))
        {
            if (run.State is not ("completed" or "failed" or "cancelled"))
            {
                stuck++;
                problems.Add($"Run {run.Id} ({run.Name}) is {run.State} at attempt {run.Attempt}, step {run.Step}.");
            }
            var events = await EventsAsync(client, run.Id, stop);
            foreach (var finding in AttemptStreams.Check(run.Id, events))
            {
                attempts++;
                stored += finding.Stored - finding.Missing;
                lost += finding.Missing;
                doubled += finding.Doubled;
                if (finding.Problem is { } problem) problems.Add($"Attempt {finding.Attempt} of run {run.Id} ({run.Name}): {problem}.");
                var known = counts[(run.Id, finding.Attempt)].ToList();
                var promised = known.Select(c => c.Acknowledged).DefaultIfEmpty(0).Max();
                acknowledged += promised;
                if (promised > finding.Stored)
                {
                    lost += promised - finding.Stored;
                    problems.Add($"Attempt {finding.Attempt} of run {run.Id} ({run.Name}): record {promised} was acknowledged, {finding.Stored} is the last one stored.");
                }
                problems.AddRange(known.Where(c => c.End is not ("sent" or "open")).Select(c => $"Attempt {finding.Attempt} of run {run.Id} ({run.Name}) ended as {c.End} on its worker, with {c.Records} records of which {c.Acknowledged} were acknowledged."));
            }
            if (await CurveProblemAsync(client, run, events, stop) is { } difference) problems.Add(difference);
        }
        return new(attempts, acknowledged, stored, lost, doubled, stuck, problems);
    }

    private static async Task<List<EventItem>> EventsAsync(LabClient client, string runId, CancellationToken stop)
    {
        var events = new List<EventItem>();
        await foreach (var item in client.EventsAsync(runId, stop)) events.Add(item);
        return events;
    }

    private static async Task<string?> CurveProblemAsync(LabClient client, RunSummary run, IReadOnlyList<EventItem> events, CancellationToken stop)
    {
        var expected = AttemptStreams.Curves(run.Id, events);
        if (expected.Count == 0) return null;
        for (var since = TimeProvider.System.GetTimestamp(); ; await Task.Delay(500, stop))
        {
            var difference = Difference(run, expected, await client.CurvesAsync(run.Id, expected.Keys, stop));
            if (difference is null || TimeProvider.System.GetElapsedTime(since) > Patience) return difference;
        }
    }

    /// <summary>Long curves are served thinned out; whatever is served must be as the events say, in the order of the steps.</summary>
    private static string? Difference(RunSummary run, IReadOnlyDictionary<string, SortedDictionary<int, double>> expected, IReadOnlyList<Curve> served)
    {
        foreach (var (metric, points) in expected)
        {
            if (served.FirstOrDefault(c => c.Metric == metric) is not { } curve) return $"Run {run.Id} ({run.Name}): the curve of {metric} is missing.";
            var last = int.MinValue;
            for (var i = 0; i < curve.Steps.Count; i++)
            {
                var step = curve.Steps[i];
                if (step <= last) return $"Run {run.Id} ({run.Name}): the curve of {metric} goes from step {last} to {step}.";
                if (!points.TryGetValue(step, out var value)) return $"Run {run.Id} ({run.Name}): the curve of {metric} shows step {step}, which was rolled back or never recorded.";
                if (!value.Equals(curve.Values[i])) return $"Run {run.Id} ({run.Name}): the curve of {metric} shows {curve.Values[i]} at step {step}; the events say {value}.";
                last = step;
            }
            if (curve.Steps.Count < Math.Min(points.Count, FewestServed)) return $"Run {run.Id} ({run.Name}): the curve of {metric} shows {curve.Steps.Count} of {points.Count} steps.";
        }
        return null;
    }

    // Up to this many points a curve is served whole.
    private const int FewestServed = 1000;
}
