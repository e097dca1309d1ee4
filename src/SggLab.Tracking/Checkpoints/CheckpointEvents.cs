using SggLab.Contracts.Records;

namespace SggLab.Tracking.Checkpoints;

/// <summary>Stream checkpoint-ID. Two runs that start from the same weights name the same checkpoint: the first one registers it.</summary>
public sealed record CheckpointRegistered(string CheckpointId, string RunId, string Run, string ExperimentId, int Attempt, int Step, string Kind, string? Parent,
    IReadOnlyList<BlobFile> Files, string SpecHash, string? DatasetHash, string CodeVersion);
