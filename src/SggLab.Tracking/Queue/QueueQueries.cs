using Npgsql;
using SggLab.Contracts.Api;
using SggLab.Tracking.Access;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Queue;

/// <summary>Reads what waits for a worker.</summary>
public sealed class QueueQueries(NpgsqlDataSource source)
{
    /// <summary>In the order in which runs will be leased; those that wait for another run last. All of them.</summary>
    public async Task<IReadOnlyList<QueueItem>> ListAsync(Actor by, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        var waiting = await source.ReadAsync($"""
            {RunSummaries.Select}, q.waits, r.starts_from_name, q.device {RunSummaries.From}
            join lab.{QueueEntries.Table} q on q.tenant_id = r.tenant_id and q.run_id = r.run_id
            where q.tenant_id = $1 and q.state = 'queued' order by q.waits, q.priority desc, q.queued_at, q.position, q.run_id
            """, row => (Run: RunSummaries.Read(row), WaitsFor: row.GetBoolean(RunSummaries.Columns) ? row.Text(RunSummaries.Columns + 1) : null, Device: row.GetString(RunSummaries.Columns + 2)), cancellation, by.Project);
        return [.. waiting.Select((item, i) => new QueueItem(i + 1, item.Run, item.WaitsFor, item.Device))];
    }
}
