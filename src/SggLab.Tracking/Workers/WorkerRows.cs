using SggLab.Tracking.Store;

namespace SggLab.Tracking.Workers;

/// <summary>Workers that ever registered. They belong to no project.</summary>
internal sealed class WorkerRows : ReadModel
{
    public const string Table = "worker_row_v1";

    public override IReadOnlyList<string> Tables => [Table];

    public override string Ddl => $$"""
        create table if not exists {s}.{{Table}} (
            worker_id text primary key, incarnation text not null, machine text not null, device text not null, threads int not null, version text not null, registered_at timestamptz not null);
        """;

    public WorkerRows() => On<WorkerRegistered>((e, sql) =>
    {
        sql.Add($$"""
            insert into {s}.{{Table}} (worker_id, incarnation, machine, device, threads, version, registered_at) values (?, ?, ?, ?, ?, ?, ?)
            on conflict (worker_id) do update set incarnation = excluded.incarnation, machine = excluded.machine, device = excluded.device,
                threads = excluded.threads, version = excluded.version, registered_at = excluded.registered_at
            """, e.Data.WorkerId, e.Data.Incarnation, e.Data.Machine, e.Data.Device, e.Data.Threads, e.Data.Version, e.Timestamp);
        sql.Tell("", "worker", e.Data.WorkerId);
    });
}
