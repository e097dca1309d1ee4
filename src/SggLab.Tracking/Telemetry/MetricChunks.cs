using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Telemetry;

/// <summary>
/// Curves: a row an event, insert-only, its series as raw float64 columns one after another. Beside them where each run stands: last step and last values.
/// Points of a superseded attempt never come here; points that a resumed attempt rolled back are left out when a curve is read.
/// </summary>
internal sealed class MetricChunks : ReadModel
{
    public const string Table = "metric_chunk_v1";
    public const string Progress = "run_progress_v1";

    /// <summary>Longest name of a metric, in characters.</summary>
    public const int LongestName = 200;

    public override IReadOnlyList<string> Tables => [Table, Progress];

    public override string Ddl => $$"""
        create table if not exists {s}.{{Table}} (
            tenant_id text not null, run_id text not null, attempt int not null, sequence bigint not null, names text[] not null, steps bytea not null, points bytea not null,
            primary key (tenant_id, run_id, attempt, sequence));
        create table if not exists {s}.{{Progress}} (
            tenant_id text not null, run_id text not null, attempt int not null, step int not null, last text not null, at timestamptz not null, sequence bigint not null,
            primary key (tenant_id, run_id));
        """;

    /// <summary>A value a step, under a name that a list can show.</summary>
    public static bool IsReadable(KeyValuePair<string, IReadOnlyList<double?>> series, IReadOnlyList<int> steps) => series.Value?.Count == steps.Count && series.Key.Length <= LongestName;

    public MetricChunks() => On<MetricsRecorded>((e, sql) =>
    {
        if (e.Data.Superseded || RecordReader.TryRead<MetricsRecord>(e.Data.Line, out _) is not { Steps.Count: > 0 } found)
            return;
        var (runId, attempt) = RecordReader.AttemptOf(e.StreamKey!);
        var series = found.Series.Where(s => IsReadable(s, found.Steps)).OrderBy(s => s.Key, StringComparer.Ordinal).ToList();
        sql.Add($$"""
            insert into {s}.{{Table}} (tenant_id, run_id, attempt, sequence, names, steps, points) values (?, ?, ?, ?, ?, ?, ?)
            """, e.TenantId, runId, attempt, e.Sequence, series.Select(s => s.Key).ToArray(), Float64Columns.PackSteps(found.Steps), Float64Columns.Pack([.. series.SelectMany(s => s.Value)]));
        var last = series.Where(s => s.Value.Any(v => v is not null)).ToDictionary(s => s.Key, s => s.Value.Last(v => v is not null));
        sql.Add($$"""
            insert into {s}.{{Progress}} as p (tenant_id, run_id, attempt, step, last, at, sequence) values (?, ?, ?, ?, ?, ?, ?)
            on conflict (tenant_id, run_id) do update set attempt = excluded.attempt, at = excluded.at, sequence = excluded.sequence,
                step = case when excluded.attempt > p.attempt then excluded.step else greatest(p.step, excluded.step) end,
                last = (p.last::jsonb || excluded.last::jsonb)::text
            """, e.TenantId, runId, attempt, found.Steps.Max(), JsonSerializer.Serialize(last, LabJson.Options), e.Timestamp, e.Sequence);
        sql.Tell(e.TenantId, "curve", runId);
    });
}
