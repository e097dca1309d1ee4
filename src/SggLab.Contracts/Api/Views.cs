using System.Text.Json;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;

namespace SggLab.Contracts.Api;

/// <summary>State: queued, waiting (for a run it starts from), running, completed, failed, cancelled.</summary>
public sealed record RunSummary(string Id, string ExperimentId, string Experiment, string Name, string? Variant, string Method, int Seed, string State,
    int Attempt, int Step, int? TotalSteps, string? Worker, DateTimeOffset QueuedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt,
    string? Message, string? LastCheckpoint, IReadOnlyDictionary<string, double> LastMetrics);

/// <param name="Waits">Why a queued run waits for a device that no free worker has, with what to do; null where nothing but its turn keeps it.</param>
public sealed record RunDetail(RunSummary Run, RunSpec Spec, string SpecHash, string ProtocolHash, IReadOnlyList<AttemptSummary> Attempts,
    IReadOnlyList<CheckpointNode> Checkpoints, IReadOnlyList<EvaluationSummary> Evaluations, IReadOnlyList<string> Metrics, string? Waits = null);

public sealed record AttemptSummary(int Number, string Worker, DateTimeOffset LeasedAt, DateTimeOffset? ClosedAt, string? Outcome, int ResumedStep, long Records);

public sealed record EvaluationSummary(string RunId, string Run, string Checkpoint, int Step, string Protocol, string ProtocolHash, string Dataset, string Split,
    int Images, double FailureRate, double Recall, double MeanRecall, double? Ap50, double RecallLow, double RecallHigh, long Event, DateTimeOffset At,
    IReadOnlyDictionary<string, double> PerPredicate, IReadOnlyDictionary<string, double> Metrics);

/// <summary>One curve, rolled-back steps left out.</summary>
public sealed record Curve(string RunId, string Metric, IReadOnlyList<int> Steps, IReadOnlyList<double> Values);

/// <param name="Failed">With the cancelled ones, which <paramref name="Cancelled"/> counts apart.</param>
/// <param name="RunningShare">Shares of their steps that the running runs have done, added up.</param>
public sealed record ExperimentSummary(string Id, string Name, string? Note, DateTimeOffset CreatedAt, int Runs, int Completed, int Failed, int Running, int Queued, double RunningShare = 0, int Cancelled = 0);

/// <summary>GET /api/v1/leaderboard, best first within one protocol. Difference: recall minus that of the run it started from, paired bootstrap.
/// Step: of the checkpoint; 0 = the weights the run started from.</summary>
public sealed record LeaderboardRow(int Rank, string Run, string RunId, string? Variant, string Method, int Seed, string Checkpoint, string Protocol, string ProtocolHash,
    string Dataset, string Split, int Images, double FailureRate, double Recall, double RecallLow, double RecallHigh, double MeanRecall, double? Ap50,
    Difference? OverStart, long Event, DateTimeOffset At, int? Step = null, string? Experiment = null, string? ExperimentId = null);
public sealed record Difference(string Checkpoint, double Mean, double Low, double High);

public sealed record CheckpointNode(string Id, string RunId, string Run, int Attempt, int Step, string Kind, string? Parent, long Bytes, IReadOnlyList<BlobFile> Files,
    string SpecHash, string? DatasetHash, string CodeVersion, DateTimeOffset At, long Event);
/// <summary>Ancestors from the base weights to this checkpoint, and what grew from it.</summary>
public sealed record CheckpointLineage(CheckpointNode Checkpoint, IReadOnlyList<CheckpointNode> Ancestors, IReadOnlyList<CheckpointNode> Descendants,
    IReadOnlyList<EvaluationSummary> Evaluations);

/// <param name="Device">What the run computes on: cpu or cuda. Only a worker that has it takes the run.</param>
public sealed record QueueItem(int Position, RunSummary Run, string? WaitsFor, string Device = "cpu");
public sealed record WorkerSummary(string Id, string Machine, string Device, string State, string? RunId, string? Run, DateTimeOffset LastSeen, string Version);
/// <param name="Run">The run's name as it stands in the text.</param>
public sealed record ActivityItem(long Event, DateTimeOffset At, string By, string Text, string? RunId, string? ExperimentId, string? Checkpoint, string? Run = null);
/// <summary>One stored event, as `run events` prints it; Data of a worker's record is the record's own data.</summary>
/// <param name="Record">Number that the worker's record itself bears; null for other events.</param>
/// <param name="Superseded">True where the record came after its attempt had lost the run.</param>
public sealed record EventItem(long Sequence, string Stream, long Version, string Type, DateTimeOffset At, string? By, JsonElement Data, long? Record = null, bool? Superseded = null);
/// <param name="Problems">What a person should look at, a sentence each; null when there is nothing.</param>
public sealed record SiteStatus(bool Ready, IReadOnlyList<RunSummary> Runs, IReadOnlyList<WorkerSummary> Workers, IReadOnlyList<string>? Problems = null);
