using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;

namespace SggLab.Client.Faults;

/// <summary>What the stored events of one run say of its attempts. Pure: events in, findings out.</summary>
public static class AttemptStreams
{
    /// <summary>One attempt's stream held to its rule: version 1 opens it, version n+1 is record n.</summary>
    public sealed record Finding(int Attempt, long Stored, long Missing, long Doubled, string? Problem);

    public static IReadOnlyList<Finding> Check(string runId, IReadOnlyList<EventItem> events) =>
        [.. ByAttempt(runId, events).Select(a => CheckOne(a.Attempt, a.Events))];

    private static Finding CheckOne(int attempt, IReadOnlyList<EventItem> events)
    {
        var versions = events.Select(e => e.Version).ToList();
        var records = events.Where(e => e.Record is not null).Select(e => (Record: e.Record!.Value, e.Version)).ToList();
        var numbers = records.Select(r => r.Record).ToHashSet();
        var doubled = versions.Count - versions.Distinct().Count() + records.Count - numbers.Count;
        var stored = numbers.Count == 0 ? 0 : numbers.Max();
        var missing = stored - numbers.Count;
        var shifted = records.FirstOrDefault(r => r.Record != r.Version - 1);
        var problem = missing > 0 ? $"{missing} of its records 1 to {stored} are missing"
            : doubled > 0 ? $"{doubled} of its records are stored twice"
            : shifted.Record > 0 ? $"record {shifted.Record} is version {shifted.Version}; it should be {shifted.Record + 1}"
            : versions.Count > 0 && versions.Max() != versions.Count ? $"its {versions.Count} events end with version {versions.Max()}"
            : null;
        return new(attempt, stored, missing, doubled, problem);
    }

    /// <summary>
    /// The curves as the events make them: an attempt's points replace those of older attempts past the step it resumed from; what arrived after the attempt
    /// had lost its lease does not count. By metric, then by step.
    /// </summary>
    public static IReadOnlyDictionary<string, SortedDictionary<int, double>> Curves(string runId, IReadOnlyList<EventItem> events)
    {
        var curves = new Dictionary<string, SortedDictionary<int, double>>();
        foreach (var (attempt, all) in ByAttempt(runId, events))
        {
            var end = EndOfLease(runId, attempt, events);
            foreach (var item in all.Where(e => e.Sequence < end))
            {
                if (item.Type == "started_recorded") RollBack(curves, item.Data.Deserialize<StartedRecord>(LabJson.Options)!.ResumedStep);
                if (item.Type == "metrics_recorded") Add(curves, item.Data.Deserialize<MetricsRecord>(LabJson.Options)!);
            }
        }
        return curves;
    }

    private static void RollBack(Dictionary<string, SortedDictionary<int, double>> curves, int step)
    {
        foreach (var curve in curves.Values)
            foreach (var late in curve.Keys.Where(s => s > step).ToList()) curve.Remove(late);
    }

    private static void Add(Dictionary<string, SortedDictionary<int, double>> curves, MetricsRecord metrics)
    {
        foreach (var (name, values) in metrics.Series)
            for (var i = 0; i < metrics.Steps.Count && i < values.Count; i++)
            {
                if (values[i] is not { } value) continue;
                if (!curves.TryGetValue(name, out var curve)) curves[name] = curve = [];
                curve[metrics.Steps[i]] = value;
            }
    }

    /// <summary>Sequence of the event by which the attempt lost its lease, or its run was leased again.</summary>
    private static long EndOfLease(string runId, int attempt, IReadOnlyList<EventItem> events) => events
        .Where(e => e.Stream == $"run-{runId}" && (e.Type == "lease_lost" && AttemptOf(e) == attempt || e.Type == "run_leased" && AttemptOf(e) > attempt))
        .Select(e => e.Sequence).DefaultIfEmpty(long.MaxValue).Min();

    private static IEnumerable<(int Attempt, IReadOnlyList<EventItem> Events)> ByAttempt(string runId, IReadOnlyList<EventItem> events)
    {
        var prefix = $"attempt-{runId}-";
        return events.Where(e => e.Stream.StartsWith(prefix, StringComparison.Ordinal))
            .GroupBy(e => int.Parse(e.Stream.AsSpan(prefix.Length), provider: null))
            .OrderBy(g => g.Key)
            .Select(g => (g.Key, (IReadOnlyList<EventItem>)[.. g.OrderBy(e => e.Version)]));
    }

    private static int AttemptOf(EventItem item) =>
        item.Data.ValueKind is JsonValueKind.Object && item.Data.TryGetProperty("attempt", out var attempt) && attempt.TryGetInt32(out var number) ? number : 0;
}
