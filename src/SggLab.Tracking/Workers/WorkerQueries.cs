using Npgsql;
using SggLab.Contracts.Api;
using SggLab.Tracking.Access;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Workers;

/// <summary>Reads workers.</summary>
public sealed class WorkerQueries(NpgsqlDataSource source, LabSettings settings)
{
    /// <summary>Those that are there first. State: busy, idle, silent (nothing heard for longer than the lease's ttl) or lost (for a day).</summary>
    public async Task<IReadOnlyList<WorkerSummary>> ListAsync(Actor by, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        return await source.ReadAsync($"""
            select w.worker_id, w.machine, w.device,
                case when greatest(p.last_seen, l.renewed_at) < now() - interval '1 day' then 'lost' when greatest(p.last_seen, l.renewed_at) < now() - $2 then 'silent' when l.run_id is not null then 'busy' else 'idle' end,
                l.run_id, r.name, greatest(p.last_seen, l.renewed_at), w.version
            from lab.{WorkerRows.Table} w join lab.worker_presence p using (worker_id)
            left join lab.worker_lease l on l.worker_id = w.worker_id and l.tenant_id = $1
            left join lab.{RunRows.Table} r on r.tenant_id = l.tenant_id and r.run_id = l.run_id
            order by greatest(p.last_seen, l.renewed_at) < now() - $2, w.worker_id
            """, row => new WorkerSummary(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.Text(4), row.Text(5), row.Time(6), row.GetString(7)),
            cancellation, by.Project, settings.LeaseTtl);
    }
}
