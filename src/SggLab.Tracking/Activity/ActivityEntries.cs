using System.Globalization;
using JasperFx.Events;
using SggLab.Tracking.Access;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;
using SggLab.Tracking.Workers;

namespace SggLab.Tracking.Activity;

/// <summary>Who did what when. {run} in a text is the run's name, filled in when it is read.</summary>
internal sealed class ActivityEntries : ReadModel
{
    public const string Table = "activity_entry_v1";

    public override IReadOnlyList<string> Tables => [Table];

    public override string Ddl => $$"""
        create table if not exists {s}.{{Table}} (
            tenant_id text not null, sequence bigint not null, at timestamptz not null, by text not null, text text not null, run_id text, experiment_id text, checkpoint text,
            primary key (tenant_id, sequence));
        """;

    public ActivityEntries()
    {
        On<ExperimentCreated>((e, sql) => Write(sql, e, $"queued experiment {e.Data.Name} with {e.Data.Runs.Count} run{(e.Data.Runs.Count == 1 ? "" : "s")}", null, e.Data.ExperimentId));
        On<RunLeased>((e, sql) => Write(sql, e, $"took {{run}}, attempt {e.Data.Attempt}{(e.Data.ResumeStep > 0 ? $", from step {e.Data.ResumeStep}" : "")}", e.Data.RunId, e.Data.ExperimentId));
        On<RunCancelRequested>((e, sql) => Write(sql, e, $"asked {{run}} to stop{Because(e.Data.Reason)}", e.Data.RunId, e.Data.ExperimentId));
        On<RunCancelled>((e, sql) => Write(sql, e, $"cancelled {{run}}{Because(e.Data.Reason)}", e.Data.RunId, e.Data.ExperimentId));
        On<RunCompleted>((e, sql) => Write(sql, e, $"completed {{run}} at step {e.Data.Step}", e.Data.RunId, e.Data.ExperimentId));
        On<RunFailed>((e, sql) => Write(sql, e, $"{{run}} failed: {e.Data.Message}", e.Data.RunId, e.Data.ExperimentId));
        On<LeaseLost>((e, sql) => Write(sql, e, $"lost {{run}}, attempt {e.Data.Attempt}: {e.Data.Reason}", e.Data.RunId, e.Data.ExperimentId));
        On<RunRequeued>((e, sql) => Write(sql, e, $"put {{run}} back into the queue: {e.Data.Reason}", e.Data.RunId, e.Data.ExperimentId));
        On<RecordNotUnderstood>((e, sql) => Write(sql, e, $"{{run}}, attempt {e.Data.Attempt}: record {e.Data.Record} ({e.Data.RecordType}) cannot be read: {e.Data.Problem}", e.Data.RunId, e.Data.ExperimentId));
        On<RunEvaluated>((e, sql) => Write(sql, e,
            string.Create(CultureInfo.InvariantCulture, $"evaluated {{run}} at step {e.Data.Step} on {e.Data.Dataset}/{e.Data.Split}: recall {e.Data.Recall:0.0000}"),
            e.Data.RunId, e.Data.ExperimentId, e.Data.Checkpoint));
        On<CheckpointRegistered>((e, sql) => Write(sql, e, $"saved a checkpoint of {{run}} at step {e.Data.Step} ({e.Data.Kind})", e.Data.RunId, e.Data.ExperimentId, e.Data.CheckpointId));
        On<WorkerRegistered>((e, sql) => Write(sql, e, $"worker {e.Data.WorkerId} came up on {e.Data.Machine} ({e.Data.Device})", null, null));
        On<MemberAdded>((e, sql) => Write(sql, e, $"added member {e.Data.Name} as {e.Data.Role.ToString().ToLowerInvariant()}", null, null));
        On<PasswordChanged>((e, sql) => Write(sql, e, $"changed the password of {e.Data.Name}", null, null));
        On<TokenIssued>((e, sql) => Write(sql, e, $"issued token {e.Data.Name} ({e.Data.Role.ToString().ToLowerInvariant()})", null, null));
        On<TokenRevoked>((e, sql) => Write(sql, e, $"revoked token {e.Data.Name}", null, null));
    }

    private static string Because(string? reason) => string.IsNullOrEmpty(reason) ? "" : $": {reason}";

    private static void Write(SqlWrites sql, IEvent e, string text, string? runId, string? experimentId, string? checkpoint = null)
    {
        sql.Add($$"""
            insert into {s}.{{Table}} (tenant_id, sequence, at, by, text, run_id, experiment_id, checkpoint) values (?, ?, ?, ?, ?, ?, ?, ?)
            """, e.TenantId, e.Sequence, e.Timestamp, e.UserName ?? "system", text, runId, experimentId, checkpoint);
        sql.Tell(e.TenantId, "activity", runId ?? "");
    }
}
