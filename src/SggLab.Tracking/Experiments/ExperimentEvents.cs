namespace SggLab.Tracking.Experiments;

/// <summary>Stream experiment-ID.</summary>
public sealed record ExperimentCreated(string ExperimentId, string Name, string? Note, string Key, IReadOnlyList<PlannedRun> Runs);

public sealed record PlannedRun(string RunId, string Name);
