using Npgsql;
using SggLab.Contracts.Api;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;
using SggLab.Tracking.Telemetry;

namespace SggLab.Tracking.Comparisons;

/// <summary>Puts a run's chunks together, leaving out what a resumed attempt rolled back.</summary>
internal static class CurveReader
{
    /// <param name="metrics">null = all.</param>
    public static async Task<IReadOnlyList<Curve>> ReadAsync(NpgsqlDataSource source, string project, string runId, IReadOnlyList<string>? metrics, CancellationToken cancellation)
    {
        var resumed = await source.ReadAsync($"select attempt, resumed_step from lab.{RunRows.Attempts} where tenant_id = $1 and run_id = $2 and started order by attempt desc",
            row => (Attempt: row.GetInt32(0), Step: row.GetInt32(1)), cancellation, project, runId);
        var chunks = await source.ReadAsync($"""
            select attempt, names, steps, points from lab.{MetricChunks.Table} where tenant_id = $1 and run_id = $2 and ($3::text[] is null or names && $3) order by attempt, sequence
            """, row => new Chunk(row.GetInt32(0), row.GetFieldValue<string[]>(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3)), cancellation, project, runId, metrics?.ToArray());
        return Assemble(runId, chunks, resumed, metrics);
    }

    internal sealed record Chunk(int Attempt, string[] Names, byte[] Steps, byte[] Points);

    /// <param name="resumed">Attempts that started and the step each went on from, newest first.</param>
    internal static IReadOnlyList<Curve> Assemble(string runId, IReadOnlyList<Chunk> chunks, IReadOnlyList<(int Attempt, int Step)> resumed, IReadOnlyList<string>? metrics)
    {
        var points = new SortedDictionary<string, SortedDictionary<int, double>>(StringComparer.Ordinal);
        foreach (var chunk in chunks)
        {
            // What an attempt did past the step from which a later one went on was rolled back.
            var kept = resumed.TakeWhile(attempt => attempt.Attempt > chunk.Attempt).Select(attempt => attempt.Step).DefaultIfEmpty(int.MaxValue).Min();
            var steps = Float64Columns.UnpackSteps(chunk.Steps);
            var width = steps.Length * sizeof(double);
            for (var series = 0; series < chunk.Names.Length; series++)
                if (metrics is null || metrics.Contains(chunk.Names[series]))
                    Add(points, chunk.Names[series], steps, Float64Columns.Unpack(chunk.Points.AsSpan(series * width, width)), kept);
        }
        var order = metrics ?? [.. points.Keys];
        return [.. order.Where(points.ContainsKey).Select(name => new Curve(runId, name, [.. points[name].Keys], [.. points[name].Values]))];
    }

    private static void Add(SortedDictionary<string, SortedDictionary<int, double>> points, string name, int[] steps, double?[] values, int kept)
    {
        if (!points.TryGetValue(name, out var curve))
            points[name] = curve = [];
        for (var i = 0; i < steps.Length; i++)
            if (steps[i] <= kept && values[i] is { } value)
                curve[steps[i]] = value;
    }

    /// <summary>At most so many points: each bucket of steps keeps its first, lowest, highest and last value, so that no spike is lost.</summary>
    internal static Curve Thin(Curve curve, int maxPoints)
    {
        if (curve.Steps.Count <= Math.Max(4, maxPoints))
            return curve;
        var buckets = Math.Max(1, maxPoints / 4);
        var keep = new SortedSet<int>();
        for (var bucket = 0; bucket < buckets; bucket++)
        {
            var from = (int)((long)bucket * curve.Steps.Count / buckets);
            var to = (int)((long)(bucket + 1) * curve.Steps.Count / buckets);
            var (low, high) = (from, from);
            for (var i = from; i < to; i++)
            {
                if (curve.Values[i] < curve.Values[low] || double.IsNaN(curve.Values[low]))
                    low = i;
                if (curve.Values[i] > curve.Values[high] || double.IsNaN(curve.Values[high]))
                    high = i;
            }
            keep.UnionWith([from, low, high, to - 1]);
        }
        return curve with { Steps = [.. keep.Select(i => curve.Steps[i])], Values = [.. keep.Select(i => curve.Values[i])] };
    }
}
