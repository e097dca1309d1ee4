using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Queue;

/// <summary>
/// What can be leased, written in the transaction of the event that says so: a lease claims a row with skip locked. A run that starts from another waits
/// until that one is completed; if that one fails or is cancelled it goes on waiting, so that retrying the one run is enough for all that follow it.
/// </summary>
internal sealed class QueueEntries : ReadModel
{
    public const string Table = "queue_entry_v1";

    public override IReadOnlyList<string> Tables => [Table];

    public override string Ddl => $$"""
        create table if not exists {s}.{{Table}} (
            tenant_id text not null, run_id text not null, experiment_id text not null,
            queued_at timestamptz not null, position int not null, priority int not null default 0,
            starts_from text, waits boolean not null, state text not null, device text not null default 'cpu',
            primary key (tenant_id, run_id));
        create index if not exists {{Table}}_next on {s}.{{Table}} (tenant_id, priority desc, queued_at, position, run_id) where state = 'queued' and not waits;
        create index if not exists {{Table}}_starts_from on {s}.{{Table}} (tenant_id, starts_from) where waits;
        """;

    public QueueEntries()
    {
        On<RunQueued>((e, sql) =>
        {
            sql.Add($$"""
                insert into {s}.{{Table}} (tenant_id, run_id, experiment_id, queued_at, position, starts_from, waits, device, state) values (?, ?, ?, ?, ?, ?, ?, ?, 'queued')
                """, e.TenantId, e.Data.RunId, e.Data.ExperimentId, e.Timestamp, e.Data.Position, e.Data.StartsFrom, e.Data.StartsFrom is not null, e.Data.Spec.Device);
            sql.Tell(e.TenantId, "queue", e.Data.RunId);
        });
        On<RunLeased>((e, sql) => Move(sql, e.TenantId, e.Data.RunId, "leased"));
        On<RunRequeued>((e, sql) => Move(sql, e.TenantId, e.Data.RunId, "queued"));
        On<RunFailed>((e, sql) => Move(sql, e.TenantId, e.Data.RunId, "over"));
        On<RunCancelled>((e, sql) => Move(sql, e.TenantId, e.Data.RunId, "over"));
        On<RunCompleted>((e, sql) =>
        {
            sql.Add($$"""update {s}.{{Table}} set waits = false where tenant_id = ? and starts_from = ? and waits""", e.TenantId, e.Data.RunId);
            Move(sql, e.TenantId, e.Data.RunId, "over");
        });
    }

    private static void Move(SqlWrites sql, string tenant, string runId, string state)
    {
        sql.Add($$"""update {s}.{{Table}} set state = ? where tenant_id = ? and run_id = ?""", state, tenant, runId);
        sql.Tell(tenant, "queue", runId);
    }
}
