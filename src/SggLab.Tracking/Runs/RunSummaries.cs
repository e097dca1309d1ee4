using System.Text.Json;
using Npgsql;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Tracking.Store;
using SggLab.Tracking.Telemetry;

namespace SggLab.Tracking.Runs;

/// <summary>A run's row joined with where its curves stand. The columns of <see cref="Select"/> come first in every query that reads one.</summary>
internal static class RunSummaries
{
    /// <summary>From run_row r, run_progress p and the run it waits for, d.</summary>
    public const string Select = """
        select r.run_id, r.experiment_id, r.experiment, r.name, r.variant, r.method, r.seed, r.state, r.attempt,
            case when p.attempt >= r.attempt then greatest(p.step, r.step) else r.step end, r.total_steps, r.worker, r.queued_at, r.started_at, r.finished_at,
            case when r.state = 'waiting' and d.state in ('failed', 'cancelled') then 'waits for run ' || d.name || ', which ' || case d.state when 'failed' then 'failed' else 'was cancelled' end || ': retry that one, or cancel this one'
                 when r.state = 'waiting' then 'waits for run ' || r.starts_from_name else r.message end,
            r.last_checkpoint, p.last
        """;

    public const int Columns = 18;

    public const string From = $"""
         from lab.{RunRows.Table} r
         left join lab.{MetricChunks.Progress} p on p.tenant_id = r.tenant_id and p.run_id = r.run_id
         left join lab.{RunRows.Table} d on d.tenant_id = r.tenant_id and d.run_id = r.starts_from
        """;

    public static RunSummary Read(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.Text(4), row.GetString(5), row.GetInt32(6), row.GetString(7),
        row.GetInt32(8), row.GetInt32(9), row.Int(10), row.Text(11), row.Time(12), row.TimeOrNone(13), row.TimeOrNone(14), row.Text(15), row.Text(16), Metrics(row.Text(17)));

    private static Dictionary<string, double> Metrics(string? json) => json is null ? [] : JsonSerializer.Deserialize<Dictionary<string, double>>(json, LabJson.Options)!;
}
