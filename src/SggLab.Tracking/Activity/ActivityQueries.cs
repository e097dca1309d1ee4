using Npgsql;
using SggLab.Contracts.Api;
using SggLab.Tracking.Access;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Activity;

/// <summary>Reads who did what when.</summary>
public sealed class ActivityQueries(NpgsqlDataSource source)
{
    /// <summary>Newest first; that of the project, and what concerns workers and access.</summary>
    /// <param name="before">Event of the last item of the page before.</param>
    public async Task<IReadOnlyList<ActivityItem>> RecentAsync(Actor by, int limit = 50, long before = long.MaxValue, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        return await source.ReadAsync($$"""
            select a.sequence, a.at, a.by, replace(a.text, '{run}', coalesce(r.name, a.run_id, '')), a.run_id, a.experiment_id, a.checkpoint, r.name
            from lab.{{ActivityEntries.Table}} a left join lab.{{RunRows.Table}} r on r.tenant_id = a.tenant_id and r.run_id = a.run_id
            where a.tenant_id in ($1, $2) and a.sequence < $3 order by a.sequence desc limit $4
            """, row => new ActivityItem(row.GetInt64(0), row.Time(1), row.GetString(2), row.GetString(3), row.Text(4), row.Text(5), row.Text(6), row.Text(7)),
            cancellation, by.Project, LabStore.NoProject, before, Math.Clamp(limit, 1, 1000));
    }
}
