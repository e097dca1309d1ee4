using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Training;
using SggLab.Worker.Journals;

namespace SggLab.Worker.Attempts;

/// <summary>Thrown into the trainer when nothing it reports counts any more: the run went elsewhere, or the worker's time is up.</summary>
public sealed class RunStoppedException(string message) : Exception(message);

/// <summary>The recorder a trainer gets: each call returns once the record, and the files it names, are safe on this machine's disk.</summary>
public sealed class JournalRecorder(AttemptFolder attempt, TimeProvider time) : IRunRecorder
{
    private readonly Lock _lock = new();
    private volatile string? _stop;
    private volatile string? _sealed;
    private int _step;

    /// <summary>Set when this machine, not the run, is at fault.</summary>
    public string? DiskFailure { get; private set; }
    public string? StopRequested => _sealed is null ? _stop : "cancel";
    public bool IsSealed => _sealed is not null;
    /// <summary>Newest step that any record speaks of.</summary>
    public int Step => Volatile.Read(ref _step);

    /// <param name="stop">cancel or drain; a cancel is never taken back.</param>
    public void RequestStop(string stop)
    {
        if (_stop != "cancel") _stop = stop;
    }

    /// <summary>From now on every report throws: the attempt is over for this process.</summary>
    public void Seal(string reason)
    {
        lock (_lock) _sealed ??= reason;
    }

    public void Started(StartedRecord record) => Append(RecordTypes.Started, record, record.ResumedStep);

    public void Metrics(MetricsRecord record) => Append(RecordTypes.Metrics, record, record.Steps.Count == 0 ? 0 : record.Steps[^1]);

    public void Rollouts(RolloutsRecord record, string shardFile) =>
        Append(RecordTypes.Rollouts, record, record.Step, () => attempt.Outbox.Keep(shardFile, record.Shard.Sha256));

    public void Checkpoint(CheckpointRecord record, string folder) => Append(RecordTypes.Checkpoint, record, record.Step, () =>
    {
        foreach (var file in record.Files) attempt.Outbox.Keep(Path.Combine(folder, file.Path), file.Sha256);
    });

    public void Evaluation(EvaluationRecord record, string predictionsFile) =>
        Append(RecordTypes.Evaluation, record, record.Step, () => attempt.Outbox.Keep(predictionsFile, record.Predictions.Sha256));

    public void Log(string level, string text) => Append(RecordTypes.Log, new LogRecord(level, text), 0);

    /// <summary>The last record; nothing follows it.</summary>
    public void Close(ClosedRecord record)
    {
        lock (_lock)
        {
            if (attempt.Journal.IsClosed) return;
            attempt.FreeReserve();
            attempt.Journal.Append(RecordTypes.Closed, time.GetUtcNow(), record);
            _sealed ??= $"The attempt is closed ({record.Outcome}).";
        }
    }

    private void Append(string type, object record, int step, Action? keepFiles = null)
    {
        lock (_lock)
        {
            if (_sealed is { } reason) throw new RunStoppedException(reason);
            try
            {
                keepFiles?.Invoke();
                attempt.Journal.Append(type, time.GetUtcNow(), record);
            }
            catch (IOException e) when (Posix.IsDiskFull(e))
            {
                throw new LabException(DiskFailure = $"The disk that holds {attempt.Path} is full: the {type} record of step {step} cannot be kept. Free some space, or give the worker another --state folder, and retry the run.", 3, e);
            }
            if (step > _step) Volatile.Write(ref _step, step);
        }
    }
}
