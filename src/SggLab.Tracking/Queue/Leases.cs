using Marten;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Queue;

/// <summary>A row of lab.worker_lease: the right of one worker process to speak for a run.</summary>
internal sealed record Lease(string RunId, string ExperimentId, int Attempt, long Fence, string WorkerId, string Incarnation, string? Stop, bool MayBeOffline = false);

/// <summary>
/// Reads and locks leases in the session's transaction. Whoever changes a run that may be leased locks its lease first and its streams after, so that two
/// transactions never wait for each other.
/// </summary>
internal static class Leases
{
    private const string Columns = "run_id, experiment_id, attempt, fence, worker_id, incarnation, stop, may_be_offline";

    /// <summary>The run's lease, locked; null if it has none.</summary>
    public static async Task<Lease?> LockAsync(IDocumentSession session, string runId, CancellationToken cancellation) =>
        await ReadAsync(session, $"select {Columns} from lab.worker_lease where tenant_id = $1 and run_id = $2 for update", cancellation, session.TenantId, runId) is [var lease] ? lease : null;

    /// <summary>All leases of a worker in this project, locked.</summary>
    public static Task<IReadOnlyList<Lease>> LockOfWorkerAsync(IDocumentSession session, string workerId, CancellationToken cancellation) =>
        ReadAsync(session, $"select {Columns} from lab.worker_lease where tenant_id = $1 and worker_id = $2 order by run_id for update", cancellation, session.TenantId, workerId);

    public static void Grant(IDocumentSession session, Lease lease) => session.QueueSqlCommand("""
        insert into lab.worker_lease (tenant_id, run_id, experiment_id, attempt, fence, worker_id, incarnation, may_be_offline) values (?, ?, ?, ?, ?, ?, ?, ?)
        """, session.TenantId, lease.RunId, lease.ExperimentId, lease.Attempt, lease.Fence, lease.WorkerId, lease.Incarnation, lease.MayBeOffline);

    public static void End(IDocumentSession session, string runId) =>
        session.QueueSqlCommand("delete from lab.worker_lease where tenant_id = ? and run_id = ?", session.TenantId, runId);

    private static async Task<IReadOnlyList<Lease>> ReadAsync(IDocumentSession session, string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = await session.CommandAsync(sql, cancellation, values);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var leases = new List<Lease>();
        while (await reader.ReadAsync(cancellation))
            leases.Add(new Lease(reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.GetInt64(3), reader.GetString(4), reader.GetString(5), reader.IsDBNull(6) ? null : reader.GetString(6), reader.GetBoolean(7)));
        return leases;
    }
}
