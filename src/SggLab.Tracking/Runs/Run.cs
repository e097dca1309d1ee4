using SggLab.Contracts.Specs;

namespace SggLab.Tracking.Runs;

public enum RunPhase { Queued, Running, Completed, Failed, Cancelled }

/// <summary>A run as decisions see it: its stream, folded.</summary>
public sealed record Run
{
    /// <summary>Its stream's key.</summary>
    public required string Id { get; init; }
    public required string RunId { get; init; }
    public required string ExperimentId { get; init; }
    public required string Name { get; init; }
    public required RunSpec Spec { get; init; }
    public required string SpecHash { get; init; }
    public string? StartsFrom { get; init; }
    public RunPhase Phase { get; init; } = RunPhase.Queued;
    /// <summary>Number of the newest attempt; 0 before the first lease.</summary>
    public int Attempt { get; init; }
    public long Fence { get; init; }
    public string? Worker { get; init; }
    public bool CancelRequested { get; init; }
    /// <summary>What another run starts from.</summary>
    public string? LastCheckpoint { get; init; }
    /// <summary>What the next attempt goes on from.</summary>
    public string? LastFull { get; init; }
    public int LastFullStep { get; init; }
    /// <summary>Attempts whose worker died, since the last full checkpoint or retry.</summary>
    public int Deaths { get; init; }

    /// <summary>Types of telemetry records of which one could not be read: said once, for a trainer writes thousands.</summary>
    public IReadOnlyList<string> NotUnderstood { get; init; } = [];

    public static Run Create(RunQueued e) => new()
    {
        Id = Store.StreamKeys.Run(e.RunId), RunId = e.RunId, ExperimentId = e.ExperimentId, Name = e.Name, Spec = e.Spec, SpecHash = e.SpecHash, StartsFrom = e.StartsFrom,
    };

    public Run Apply(RunLeased e) => this with { Phase = RunPhase.Running, Attempt = e.Attempt, Fence = e.Fence, Worker = e.Worker };

    public Run Apply(RunCheckpointed e) => e.Kind switch
    {
        "base" => this with { LastCheckpoint = LastCheckpoint ?? e.Checkpoint },
        "full" => this with { LastCheckpoint = e.Checkpoint, LastFull = e.Checkpoint, LastFullStep = e.Step, Deaths = 0 },
        _ => this with { LastCheckpoint = e.Checkpoint },
    };

    public Run Apply(RecordNotUnderstood e) => NotUnderstood.Contains(e.RecordType) ? this : this with { NotUnderstood = [.. NotUnderstood, e.RecordType] };

    public Run Apply(RunCancelRequested e) => this with { CancelRequested = true };

    public Run Apply(RunCancelled e) => this with { Phase = RunPhase.Cancelled, Worker = null };

    public Run Apply(RunCompleted e) => this with { Phase = RunPhase.Completed, Worker = null };

    public Run Apply(RunFailed e) => this with { Phase = RunPhase.Failed, Worker = null };

    public Run Apply(LeaseLost e) => this with { Deaths = Deaths + 1, Worker = null };

    public Run Apply(RunRequeued e) => this with
    {
        Phase = RunPhase.Queued, Worker = null, CancelRequested = false, Deaths = e.Cause == RequeueCause.Retried ? 0 : Deaths,
    };
}
