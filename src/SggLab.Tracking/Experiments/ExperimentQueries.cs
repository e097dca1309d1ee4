using Npgsql;
using SggLab.Contracts.Api;
using SggLab.Tracking.Access;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;
using SggLab.Tracking.Telemetry;

namespace SggLab.Tracking.Experiments;

/// <summary>Reads experiments.</summary>
public sealed class ExperimentQueries(NpgsqlDataSource source)
{
    /// <summary>All of them, newest first.</summary>
    public async Task<IReadOnlyList<ExperimentSummary>> ListAsync(Actor by, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        return await ReadAsync(by, null, cancellation);
    }

    /// <summary>null if there is no such experiment in the project.</summary>
    public async Task<ExperimentSummary?> FindAsync(Actor by, string experimentId, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        return await ReadAsync(by, experimentId, cancellation) is [var found] ? found : null;
    }

    private Task<List<ExperimentSummary>> ReadAsync(Actor by, string? experimentId, CancellationToken cancellation) => source.ReadAsync($"""
        select x.experiment_id, x.name, x.note, x.created_at, x.runs, count(*) filter (where r.state = 'completed')::int, count(*) filter (where r.state in ('failed', 'cancelled'))::int,
            count(*) filter (where r.state = 'running')::int, count(*) filter (where r.state in ('queued', 'waiting'))::int,
            coalesce(sum(least(1, greatest(r.step, case when p.attempt >= r.attempt then p.step else 0 end)::float8 / nullif(r.total_steps, 0))) filter (where r.state = 'running'), 0), count(*) filter (where r.state = 'cancelled')::int
        from lab.{ExperimentRows.Table} x left join lab.{RunRows.Table} r on r.tenant_id = x.tenant_id and r.experiment_id = x.experiment_id
            left join lab.{MetricChunks.Progress} p on p.tenant_id = r.tenant_id and p.run_id = r.run_id
        where x.tenant_id = $1 and ($2::text is null or x.experiment_id = $2)
        group by x.tenant_id, x.experiment_id order by x.sequence desc
        """, row => new ExperimentSummary(row.GetString(0), row.GetString(1), row.Text(2), row.Time(3), row.GetInt32(4), row.GetInt32(5), row.GetInt32(6), row.GetInt32(7), row.GetInt32(8), row.GetDouble(9), row.GetInt32(10)),
        cancellation, by.Project, experimentId);
}
