using SggLab.Tracking.Store;

namespace SggLab.Tracking.Experiments;

/// <summary>The list of experiments; how their runs stand is counted in the runs' rows.</summary>
internal sealed class ExperimentRows : ReadModel
{
    public const string Table = "experiment_row_v1";

    public override IReadOnlyList<string> Tables => [Table];

    public override string Ddl => $$"""
        create table if not exists {s}.{{Table}} (
            tenant_id text not null, experiment_id text not null, name text not null, note text, created_at timestamptz not null, runs int not null, sequence bigint not null,
            primary key (tenant_id, experiment_id));
        """;

    public ExperimentRows() => On<ExperimentCreated>((e, sql) =>
    {
        sql.Add($$"""
            insert into {s}.{{Table}} (tenant_id, experiment_id, name, note, created_at, runs, sequence) values (?, ?, ?, ?, ?, ?, ?)
            """, e.TenantId, e.Data.ExperimentId, e.Data.Name, e.Data.Note, e.Timestamp, e.Data.Runs.Count, e.Sequence);
        sql.Tell(e.TenantId, "experiment", e.Data.ExperimentId);
    });
}
