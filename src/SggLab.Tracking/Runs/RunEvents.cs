using SggLab.Contracts.Specs;

namespace SggLab.Tracking.Runs;

/// <summary>Stream run-ID: the life of a run. What its trainer measured is in the streams attempt-ID-N.</summary>
/// <param name="Spec">The whole resolved spec; its canonical JSON has the hash <paramref name="SpecHash"/>.</param>
/// <param name="StartsFrom">Id of the run whose last checkpoint it starts from; it waits until that one is completed.</param>
/// <param name="Position">Place within its experiment, from 0.</param>
public sealed record RunQueued(string RunId, string ExperimentId, string Experiment, string Name, RunSpec Spec, string SpecHash, string ProtocolHash,
    string? StartsFrom, string? StartsFromName, int Position);

/// <param name="Fence">Grows with every lease of the site; what an older one says about the run is refused.</param>
/// <param name="StartCheckpoint">The checkpoint that model.run resolved to.</param>
/// <param name="ResumeCheckpoint">Newest full checkpoint of the run's older attempts.</param>
public sealed record RunLeased(string RunId, string ExperimentId, int Attempt, string Worker, string Incarnation, long Fence,
    string? StartCheckpoint, string? ResumeCheckpoint, int ResumeStep);

/// <summary>What the trainer found, and where it goes on from.</summary>
public sealed record RunStarted(string RunId, string ExperimentId, int Attempt, string CodeVersion, string Machine, string Device, int Threads, int? TotalSteps,
    int ResumedStep, string? ResumedCheckpoint, string? DatasetHash, IReadOnlyDictionary<string, string> Environment);

public sealed record RunCheckpointed(string RunId, string ExperimentId, int Attempt, int Step, string Checkpoint, string Kind);

/// <summary>Figures of one checkpoint; the record <paramref name="Record"/> of the attempt holds the per-image ones.</summary>
public sealed record RunEvaluated(string RunId, string ExperimentId, int Attempt, long Record, string Checkpoint, int Step, string Protocol, string ProtocolHash,
    string Dataset, string Split, int Images, double Recall);

/// <summary>A record that says something about the run and cannot be read: kept in the attempt's stream, without effect here.</summary>
public sealed record RecordNotUnderstood(string RunId, string ExperimentId, int Attempt, long Record, string RecordType, string Problem);

public sealed record RunCancelRequested(string RunId, string ExperimentId, int Attempt, string? Reason);

public sealed record RunCancelled(string RunId, string ExperimentId, int Attempt, string? Reason);

public sealed record RunCompleted(string RunId, string ExperimentId, int Attempt, int Step);

/// <param name="Kind">As the trainer named it, or crashed, or unreadable.</param>
public sealed record RunFailed(string RunId, string ExperimentId, int Attempt, string Kind, string Message, int Step);

/// <summary>A lease ended without its worker saying how the run ended.</summary>
public sealed record LeaseLost(string RunId, string ExperimentId, int Attempt, long Fence, string Worker, string Reason);

public sealed record RunRequeued(string RunId, string ExperimentId, int Attempt, string Reason, RequeueCause Cause);

public enum RequeueCause { Lost, Released, Retried }
