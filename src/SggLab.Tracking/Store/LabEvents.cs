using Marten.Events;
using SggLab.Tracking.Access;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Telemetry;
using SggLab.Tracking.Workers;

namespace SggLab.Tracking.Store;

/// <summary>Every event type and the name it is stored under. A name never changes; a new shape of a binary event is a new name.</summary>
internal static class LabEvents
{
    public static IReadOnlyDictionary<Type, string> Names { get; } = new Dictionary<Type, string>
    {
        [typeof(ExperimentCreated)] = "experiment_created",
        [typeof(RunQueued)] = "run_queued",
        [typeof(RunLeased)] = "run_leased",
        [typeof(RunStarted)] = "run_started",
        [typeof(RunCheckpointed)] = "run_checkpointed",
        [typeof(RunEvaluated)] = "run_evaluated",
        [typeof(RecordNotUnderstood)] = "record_not_understood",
        [typeof(RunCancelRequested)] = "run_cancel_requested",
        [typeof(RunCancelled)] = "run_cancelled",
        [typeof(RunCompleted)] = "run_completed",
        [typeof(RunFailed)] = "run_failed",
        [typeof(LeaseLost)] = "lease_lost",
        [typeof(RunRequeued)] = "run_requeued",
        [typeof(AttemptOpened)] = "attempt_opened",
        [typeof(StartedRecorded)] = "started_recorded",
        [typeof(MetricsRecorded)] = "metrics_recorded",
        [typeof(RolloutsRecorded)] = "rollouts_recorded",
        [typeof(CheckpointSaved)] = "checkpoint_saved",
        [typeof(EvaluationRecorded)] = "evaluation_recorded",
        [typeof(LogWritten)] = "log_written",
        [typeof(AttemptClosed)] = "attempt_closed",
        [typeof(UnknownRecorded)] = "unknown_recorded",
        [typeof(CheckpointRegistered)] = "checkpoint_registered",
        [typeof(WorkerRegistered)] = "worker_registered",
        [typeof(MemberAdded)] = "member_added",
        [typeof(PasswordChanged)] = "password_changed",
        [typeof(TokenIssued)] = "token_issued",
        [typeof(TokenRevoked)] = "token_revoked",
    };

    /// <summary>Events that no read model folds, each with the reason.</summary>
    public static IReadOnlyDictionary<Type, string> Unfolded { get; } = new Dictionary<Type, string>
    {
        [typeof(AttemptOpened)] = "RunLeased says the same in the run's stream",
        [typeof(StartedRecorded)] = "RunStarted says the same in the run's stream",
        [typeof(CheckpointSaved)] = "CheckpointRegistered and RunCheckpointed say the same",
        [typeof(AttemptClosed)] = "RunCompleted, RunFailed, RunCancelled or RunRequeued says the same",
        [typeof(LogWritten)] = "read from the attempt's stream",
        [typeof(RolloutsRecorded)] = "read from the attempt's stream",
        [typeof(UnknownRecorded)] = "this release does not know what it means",
    };

    public static void Register(IEventStoreOptions events)
    {
        var format = new RecordFormat();
        foreach (var (type, name) in Names)
            events.MapEventType(type, name);
        events.UseBinarySerializer<StartedRecorded>(format).UseBinarySerializer<MetricsRecorded>(format).UseBinarySerializer<RolloutsRecorded>(format)
            .UseBinarySerializer<CheckpointSaved>(format).UseBinarySerializer<EvaluationRecorded>(format).UseBinarySerializer<LogWritten>(format)
            .UseBinarySerializer<AttemptClosed>(format).UseBinarySerializer<UnknownRecorded>(format);
    }
}
