using SggLab.Contracts.Records;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Runs;

namespace SggLab.Tracking.Telemetry;

/// <summary>What a record of the current attempt changes beside its own stream. Pure.</summary>
internal sealed record RecordEffects(IReadOnlyList<object> OnRun, CheckpointRegistered? Checkpoint = null, bool Closes = false)
{
    private static readonly RecordEffects None = new([]);

    /// <summary>Telemetry changes the run only by being unreadable.</summary>
    public static bool MayHave(FramedRecord record) => record.Type switch
    {
        RecordTypes.Started or RecordTypes.Checkpoint or RecordTypes.Evaluation or RecordTypes.Closed => true,
        _ => RecordReader.TelemetryProblem(record) is not null,
    };

    public static RecordEffects Of(Run run, FramedRecord record) => record.Type switch
    {
        RecordTypes.Started => OfStarted(run, record),
        RecordTypes.Checkpoint => OfCheckpoint(run, record),
        RecordTypes.Evaluation => OfEvaluation(run, record),
        RecordTypes.Closed => OfClosed(run, record),
        _ when !run.NotUnderstood.Contains(record.Type) && RecordReader.TelemetryProblem(record) is { } problem => NotUnderstood(run, record, problem),
        _ => None,
    };

    private static RecordEffects OfStarted(Run run, FramedRecord record) => RecordReader.TryRead<StartedRecord>(record.Line, out var problem) is not { } s
        ? NotUnderstood(run, record, problem)
        : new([new RunStarted(run.RunId, run.ExperimentId, run.Attempt, s.CodeVersion, s.Machine, s.Device, s.Threads, s.TotalSteps, s.ResumedStep, s.ResumedCheckpoint, s.DatasetHash, s.Environment)]);

    private static RecordEffects OfCheckpoint(Run run, FramedRecord record)
    {
        if (RecordReader.TryReadCheckpoint(record.Line, out var problem) is not { } c)
            return NotUnderstood(run, record, problem);
        return new([new RunCheckpointed(run.RunId, run.ExperimentId, run.Attempt, c.Step, c.Id, c.Kind)],
            new CheckpointRegistered(c.Id, run.RunId, run.Name, run.ExperimentId, run.Attempt, c.Step, c.Kind, c.Parent, c.Files, c.SpecHash, c.DatasetHash, c.CodeVersion));
    }

    private static RecordEffects OfEvaluation(Run run, FramedRecord record) => RecordReader.TryReadEvaluation(record.Line, out var problem) is not { } e
        ? NotUnderstood(run, record, problem)
        : new([new RunEvaluated(run.RunId, run.ExperimentId, run.Attempt, record.N, e.Checkpoint, e.Step, e.Protocol, e.ProtocolHash, e.Dataset, e.Split, e.Images, e.Recall)]);

    private static RecordEffects OfClosed(Run run, FramedRecord record)
    {
        if (RecordReader.TryRead<ClosedRecord>(record.Line, out var problem) is not { } closed)
            return new([new RunFailed(run.RunId, run.ExperimentId, run.Attempt, "unreadable", $"The worker's last record cannot be read: {problem}", 0)], Closes: true);
        var message = closed.Message is null ? null : SafeText.Of(closed.Message);
        return new([closed.Outcome switch
        {
            "completed" => new RunCompleted(run.RunId, run.ExperimentId, run.Attempt, closed.Step),
            "cancelled" => new RunCancelled(run.RunId, run.ExperimentId, run.Attempt, message),
            "released" when run.CancelRequested => new RunCancelled(run.RunId, run.ExperimentId, run.Attempt, message),
            "released" => new RunRequeued(run.RunId, run.ExperimentId, run.Attempt, message ?? $"handed back by worker {run.Worker}", RequeueCause.Released),
            "failed" => new RunFailed(run.RunId, run.ExperimentId, run.Attempt, SafeText.Of(closed.Kind ?? "error", 100), message ?? "The trainer gave no message; look at the run's log.", closed.Step),
            var other => (object)new RunFailed(run.RunId, run.ExperimentId, run.Attempt, "unreadable", $"The worker closed the attempt as '{SafeText.Of(other, 40)}', which this release does not know. {message}", closed.Step),
        }], Closes: true);
    }

    private static RecordEffects NotUnderstood(Run run, FramedRecord record, string? problem) =>
        new([new RecordNotUnderstood(run.RunId, run.ExperimentId, run.Attempt, record.N, record.Type, SafeText.Of(problem ?? "", 500))]);
}
