using System.Text.Json;
using SggLab.Contracts;
using SggLab.Tracking.Store;
using SggLab.Tracking.Telemetry;

namespace SggLab.Tracking.Evaluations;

/// <summary>Every evaluation with its per-image recall. An entry of a leaderboard is a range of sequences, so that any past board is a query.</summary>
internal sealed class EvaluationRows : ReadModel
{
    public const string Table = "evaluation_row_v1";
    public const string Entries = "leaderboard_entry_v1";

    public override IReadOnlyList<string> Tables => [Table, Entries];

    public override string Ddl => $$"""
        create table if not exists {s}.{{Table}} (
            tenant_id text not null, sequence bigint not null, run_id text not null, attempt int not null, checkpoint text not null, step int not null,
            protocol text not null, protocol_hash text not null, dataset text not null, split text not null, dataset_hash text not null, images int not null,
            failure_rate float8 not null, recall float8 not null, mean_recall float8 not null, ap50 float8, recall_low float8 not null, recall_high float8 not null,
            per_predicate text not null, metrics text not null, per_image bytea not null, predictions text not null, at timestamptz not null,
            primary key (tenant_id, sequence));
        create index if not exists {{Table}}_run on {s}.{{Table}} (tenant_id, run_id);
        create index if not exists {{Table}}_checkpoint on {s}.{{Table}} (tenant_id, checkpoint);
        create table if not exists {s}.{{Entries}} (
            tenant_id text not null, valid_from bigint not null, valid_to bigint, dataset text not null, split text not null, protocol_hash text not null, checkpoint text not null,
            primary key (tenant_id, valid_from));
        create index if not exists {{Entries}}_board on {s}.{{Entries}} (tenant_id, dataset, split, protocol_hash, checkpoint) where valid_to is null;
        """;

    public EvaluationRows() => On<EvaluationRecorded>((e, sql) =>
    {
        if (e.Data.Superseded || RecordReader.TryReadEvaluation(e.Data.Line, out _) is not { } found)
            return;
        var (runId, attempt) = RecordReader.AttemptOf(e.StreamKey!);
        sql.Add($$"""
            insert into {s}.{{Table}} (tenant_id, sequence, run_id, attempt, checkpoint, step, protocol, protocol_hash, dataset, split, dataset_hash, images, failure_rate, recall, mean_recall,
                ap50, recall_low, recall_high, per_predicate, metrics, per_image, predictions, at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::float8, ?, ?, ?, ?, ?, ?, ?)
            """, e.TenantId, e.Sequence, runId, attempt, found.Checkpoint, found.Step, found.Protocol, found.ProtocolHash, found.Dataset, found.Split, found.DatasetHash, found.Images,
            found.FailureRate, found.Recall, found.MeanRecall, found.Ap50, found.RecallLow, found.RecallHigh, JsonSerializer.Serialize(found.PerPredicate, LabJson.Options),
            JsonSerializer.Serialize(found.Metrics, LabJson.Options), Float64Columns.Pack(found.PerImageRecall), found.Predictions.Sha256, e.Timestamp);
        sql.Add($$"""
            update {s}.{{Entries}} set valid_to = ? where tenant_id = ? and dataset = ? and split = ? and protocol_hash = ? and checkpoint = ? and valid_to is null
            """, e.Sequence, e.TenantId, found.Dataset, found.Split, found.ProtocolHash, found.Checkpoint);
        sql.Add($$"""
            insert into {s}.{{Entries}} (tenant_id, valid_from, dataset, split, protocol_hash, checkpoint) values (?, ?, ?, ?, ?, ?)
            """, e.TenantId, e.Sequence, found.Dataset, found.Split, found.ProtocolHash, found.Checkpoint);
        sql.Tell(e.TenantId, "leaderboard", found.Dataset);
        sql.Tell(e.TenantId, "run", runId);
    });
}
