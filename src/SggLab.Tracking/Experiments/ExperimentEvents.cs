namespace SggLab.Tracking.Experiments;

/// <summary>Stream experiment-ID.</summary>
/// <param name="SpecHash">Hash of the whole spec, so that its key cannot stand for another one; null in events from before it was kept.</param>
public sealed record ExperimentCreated(string ExperimentId, string Name, string? Note, string Key, IReadOnlyList<PlannedRun> Runs, string? SpecHash = null);

public sealed record PlannedRun(string RunId, string Name);
