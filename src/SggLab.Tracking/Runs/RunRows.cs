using System.Text.Json;
using SggLab.Contracts;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Runs;

/// <summary>The list of runs and their attempts.</summary>
internal sealed class RunRows : ReadModel
{
    public const string Table = "run_row_v1";
    public const string Attempts = "attempt_row_v1";

    public override IReadOnlyList<string> Tables => [Table, Attempts];

    public override string Ddl => $$"""
        create table if not exists {s}.{{Table}} (
            tenant_id text not null, run_id text not null, experiment_id text not null, experiment text not null, name text not null,
            variant text, method text not null, seed int not null, state text not null, attempt int not null default 0, step int not null default 0, total_steps int,
            worker text, queued_at timestamptz not null, position int not null, started_at timestamptz, finished_at timestamptz, message text, last_checkpoint text,
            starts_from text, starts_from_name text, spec text not null, spec_hash text not null, protocol_hash text not null, sequence bigint not null,
            primary key (tenant_id, run_id));
        create index if not exists {{Table}}_newest on {s}.{{Table}} (tenant_id, sequence desc);
        create index if not exists {{Table}}_experiment on {s}.{{Table}} (tenant_id, experiment_id, position);
        create index if not exists {{Table}}_waiting on {s}.{{Table}} (tenant_id, starts_from) where state = 'waiting';
        create table if not exists {s}.{{Attempts}} (
            tenant_id text not null, run_id text not null, attempt int not null, worker text not null, fence bigint not null,
            leased_at timestamptz not null, closed_at timestamptz, outcome text, started boolean not null default false, resumed_step int not null default 0,
            primary key (tenant_id, run_id, attempt));
        """;

    public RunRows()
    {
        On<RunQueued>((e, sql) =>
        {
            var run = e.Data;
            sql.Add($$"""
                insert into {s}.{{Table}} (tenant_id, run_id, experiment_id, experiment, name, variant, method, seed, state, queued_at, position, starts_from, starts_from_name,
                    spec, spec_hash, protocol_hash, sequence) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, e.TenantId, run.RunId, run.ExperimentId, run.Experiment, run.Name, run.Spec.Variant, MethodName(run.Spec.Method), run.Spec.Seed,
                run.StartsFrom is null ? "queued" : "waiting", e.Timestamp, run.Position, run.StartsFrom, run.StartsFromName,
                JsonSerializer.Serialize(run.Spec, LabJson.Options), run.SpecHash, run.ProtocolHash, e.Sequence);
            Tell(sql, e.TenantId, run.RunId, run.ExperimentId);
        });
        On<RunLeased>((e, sql) =>
        {
            var lease = e.Data;
            sql.Add($$"""
                update {s}.{{Table}} set state = 'running', attempt = ?, worker = ?, started_at = coalesce(started_at, ?), finished_at = null, message = null
                where tenant_id = ? and run_id = ?
                """, lease.Attempt, lease.Worker, e.Timestamp, e.TenantId, lease.RunId);
            sql.Add($$"""
                insert into {s}.{{Attempts}} (tenant_id, run_id, attempt, worker, fence, leased_at) values (?, ?, ?, ?, ?, ?)
                """, e.TenantId, lease.RunId, lease.Attempt, lease.Worker, lease.Fence, e.Timestamp);
            Tell(sql, e.TenantId, lease.RunId, lease.ExperimentId);
        });
        On<RunStarted>((e, sql) =>
        {
            sql.Add($$"""update {s}.{{Table}} set total_steps = coalesce(?::int, total_steps), step = ? where tenant_id = ? and run_id = ?""", e.Data.TotalSteps, e.Data.ResumedStep, e.TenantId, e.Data.RunId);
            sql.Add($$"""
                update {s}.{{Attempts}} set started = true, resumed_step = ? where tenant_id = ? and run_id = ? and attempt = ?
                """, e.Data.ResumedStep, e.TenantId, e.Data.RunId, e.Data.Attempt);
            Tell(sql, e.TenantId, e.Data.RunId, e.Data.ExperimentId);
        });
        On<RunCheckpointed>((e, sql) =>
        {
            sql.Add($$"""update {s}.{{Table}} set last_checkpoint = ?, step = greatest(step, ?) where tenant_id = ? and run_id = ?""", e.Data.Checkpoint, e.Data.Step, e.TenantId, e.Data.RunId);
            Tell(sql, e.TenantId, e.Data.RunId, e.Data.ExperimentId);
        });
        On<RunCancelRequested>((e, sql) =>
        {
            sql.Add($$"""update {s}.{{Table}} set message = ? where tenant_id = ? and run_id = ?""", "asked to stop: " + (e.Data.Reason ?? "no reason given"), e.TenantId, e.Data.RunId);
            Tell(sql, e.TenantId, e.Data.RunId, e.Data.ExperimentId);
        });
        On<RunCompleted>((e, sql) =>
        {
            Finish(sql, e.TenantId, e.Data.RunId, e.Data.ExperimentId, "completed", e.Timestamp, null, e.Data.Step);
            Close(sql, e.TenantId, e.Data.RunId, e.Data.Attempt, "completed", e.Timestamp);
            sql.Add($$"""update {s}.{{Table}} set state = 'queued' where tenant_id = ? and starts_from = ? and state = 'waiting'""", e.TenantId, e.Data.RunId);
        });
        On<RunFailed>((e, sql) =>
        {
            Finish(sql, e.TenantId, e.Data.RunId, e.Data.ExperimentId, "failed", e.Timestamp, e.Data.Message, e.Data.Step);
            Close(sql, e.TenantId, e.Data.RunId, e.Data.Attempt, "failed", e.Timestamp);
        });
        On<RunCancelled>((e, sql) =>
        {
            Finish(sql, e.TenantId, e.Data.RunId, e.Data.ExperimentId, "cancelled", e.Timestamp, e.Data.Reason, 0);
            Close(sql, e.TenantId, e.Data.RunId, e.Data.Attempt, "cancelled", e.Timestamp);
        });
        On<LeaseLost>((e, sql) => Close(sql, e.TenantId, e.Data.RunId, e.Data.Attempt, "lost", e.Timestamp));
        On<RunRequeued>((e, sql) =>
        {
            sql.Add($$"""
                update {s}.{{Table}} r set worker = null, finished_at = null, message = ?, state = case when r.starts_from is not null and not exists
                    (select 1 from {s}.{{Table}} d where d.tenant_id = r.tenant_id and d.run_id = r.starts_from and d.state = 'completed') then 'waiting' else 'queued' end
                where tenant_id = ? and run_id = ?
                """, e.Data.Reason, e.TenantId, e.Data.RunId);
            if (e.Data.Cause == RequeueCause.Released)
                Close(sql, e.TenantId, e.Data.RunId, e.Data.Attempt, "released", e.Timestamp);
            Tell(sql, e.TenantId, e.Data.RunId, e.Data.ExperimentId);
        });
    }

    /// <summary>As the wire spells it: sft, grpo, evaluate, scripted.</summary>
    private static string MethodName(Contracts.Specs.RunMethod method) => JsonNamingPolicy.SnakeCaseLower.ConvertName(method.ToString());

    private static void Finish(SqlWrites sql, string tenant, string runId, string experimentId, string state, DateTimeOffset at, string? message, int step)
    {
        sql.Add($$"""update {s}.{{Table}} set state = ?, finished_at = ?, message = ?, step = greatest(step, ?), worker = null where tenant_id = ? and run_id = ?""", state, at, message, step, tenant, runId);
        Tell(sql, tenant, runId, experimentId);
    }

    private static void Close(SqlWrites sql, string tenant, string runId, int attempt, string outcome, DateTimeOffset at) => sql.Add($$"""
        update {s}.{{Attempts}} set closed_at = ?, outcome = ? where tenant_id = ? and run_id = ? and attempt = ? and closed_at is null
        """, at, outcome, tenant, runId, attempt);

    private static void Tell(SqlWrites sql, string tenant, string runId, string experimentId)
    {
        sql.Tell(tenant, "run", runId);
        sql.Tell(tenant, "experiment", experimentId);
    }
}
