using System.Text.Json;

namespace SggLab.Contracts.Records;

/// <summary>
/// One line of the journal and of a batch: {"n":7,"type":"metrics","at":"2026-01-02T03:04:05.678Z","data":{…}}. n counts from 1 within the attempt;
/// the server keeps the line's exact bytes as event n+1 of the attempt's stream. Types: started, metrics, rollouts, checkpoint, evaluation, log, closed.
/// </summary>
public sealed record RunRecord
{
    public required long N { get; init; }
    public required string Type { get; init; }
    public required DateTimeOffset At { get; init; }
    public required JsonElement Data { get; init; }
}

public static class RecordTypes
{
    public const string Started = "started", Metrics = "metrics", Rollouts = "rollouts", Checkpoint = "checkpoint",
        Evaluation = "evaluation", Log = "log", Closed = "closed";
}

/// <summary>The environment a trainer found: first record of every attempt.</summary>
/// <param name="TotalSteps">Steps the run will take, or null if not known.</param>
/// <param name="ResumedStep">Step of the checkpoint it goes on from; 0 for a fresh start. Older attempts' points past it leave the curves.</param>
public sealed record StartedRecord(string CodeVersion, string Machine, string Device, int Threads, int? TotalSteps, int ResumedStep,
    string? ResumedCheckpoint, string? DatasetHash, IReadOnlyDictionary<string, string> Environment);

/// <summary>Scalars packed by step: Series[name][i] belongs to Steps[i]; null = not measured at that step.</summary>
public sealed record MetricsRecord(IReadOnlyList<int> Steps, IReadOnlyDictionary<string, IReadOnlyList<double?>> Series);

/// <summary>Rollouts of one step: a parquet shard in the blob store (TRL's columns: step, prompt, completion, a column a reward, advantage) and its summary.</summary>
public sealed record RolloutsRecord(int Step, int Count, BlobFile Shard, double RewardMean, double RewardStd,
    IReadOnlyDictionary<string, double> RewardParts, double FracRewardZeroStd);

/// <summary>A saved checkpoint. Id = first 16 hex digits of the SHA-256 of its manifest's canonical JSON.</summary>
/// <param name="Parent">Id of the checkpoint it grew from; null for base weights.</param>
/// <param name="Kind">base (starting weights, step 0), weights or full (resumable).</param>
public sealed record CheckpointRecord(string Id, int Step, string Kind, string? Parent, IReadOnlyList<BlobFile> Files,
    string SpecHash, string? DatasetHash, string CodeVersion);

/// <summary>Path within its folder, content hash (lower-case hex) and length.</summary>
public sealed record BlobFile(string Path, string Sha256, long Bytes);

/// <summary>Figures of one checkpoint on one split under one protocol; rates are fractions 0..1.</summary>
/// <param name="PerImageRecall">In the split's order; null where the image has no relation. Paired bootstraps use it.</param>
/// <param name="Metrics">All other figures by name (sgdet.R@20, coco.AP, …).</param>
public sealed record EvaluationRecord(string Checkpoint, int Step, string Protocol, string ProtocolHash, string Dataset, string Split, string DatasetHash,
    int Images, double FailureRate, double Recall, double MeanRecall, double? Ap50, double RecallLow, double RecallHigh,
    IReadOnlyDictionary<string, double> Metrics, IReadOnlyDictionary<string, double> PerPredicate, IReadOnlyList<double?> PerImageRecall, BlobFile Predictions);

public sealed record LogRecord(string Level, string Text);

/// <summary>Last record of an attempt. Outcome: completed, failed, cancelled or released (handed back, to go on elsewhere).</summary>
public sealed record ClosedRecord(string Outcome, string? Kind, string? Message, int Step);
