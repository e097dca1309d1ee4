using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Checkpoints;

/// <summary>The tree of checkpoints. start is the checkpoint that the run itself began with: the nearest ancestor of another run, or base weights.</summary>
internal sealed class CheckpointNodes : ReadModel
{
    public const string Table = "checkpoint_node_v1";

    public override IReadOnlyList<string> Tables => [Table];

    public override string Ddl => $$"""
        create table if not exists {s}.{{Table}} (
            tenant_id text not null, checkpoint_id text not null, run_id text not null, run text not null, experiment_id text not null, attempt int not null, step int not null,
            kind text not null, parent text, start text, bytes bigint not null, files text not null, spec_hash text not null, dataset_hash text, code_version text not null,
            at timestamptz not null, sequence bigint not null,
            primary key (tenant_id, checkpoint_id));
        create index if not exists {{Table}}_parent on {s}.{{Table}} (tenant_id, parent);
        create index if not exists {{Table}}_run on {s}.{{Table}} (tenant_id, run_id, step);
        """;

    public CheckpointNodes() => On<CheckpointRegistered>((e, sql) =>
    {
        var c = e.Data;
        sql.Add($$"""
            insert into {s}.{{Table}} (tenant_id, checkpoint_id, run_id, run, experiment_id, attempt, step, kind, parent, start, bytes, files, spec_hash, dataset_hash, code_version, at, sequence)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?,
                (select case when p.kind = 'base' or p.run_id <> ? then p.checkpoint_id else p.start end from {s}.{{Table}} p where p.tenant_id = ? and p.checkpoint_id = ?),
                ?, ?, ?, ?, ?, ?, ?)
            """, e.TenantId, c.CheckpointId, c.RunId, c.Run, c.ExperimentId, c.Attempt, c.Step, c.Kind, c.Parent, c.RunId, e.TenantId, c.Parent,
            Size(c.Files), JsonSerializer.Serialize(c.Files, LabJson.Options), c.SpecHash, c.DatasetHash, c.CodeVersion, e.Timestamp, e.Sequence);
        sql.Tell(e.TenantId, "checkpoint", c.CheckpointId);
        sql.Tell(e.TenantId, "run", c.RunId);
    });

    /// <summary>Ingest refuses sizes that cannot be; what an earlier release let in must not stop the fold.</summary>
    private static long Size(IReadOnlyList<BlobFile> files) => (long)UInt128.Min(long.MaxValue, files.Aggregate(UInt128.Zero, (sum, file) => sum + (ulong)Math.Max(0, file.Bytes)));
}
