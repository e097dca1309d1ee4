using SggLab.Contracts.Specs;

namespace SggLab.Contracts.Api;

/// <summary>POST /api/v1/experiments queues an <see cref="ExperimentSpec"/>; the reply names the runs. Key: the same key queues once.</summary>
public sealed record QueueExperiment(string? Key, ExperimentSpec Spec);
public sealed record ExperimentQueued(string ExperimentId, IReadOnlyList<QueuedRun> Runs);
public sealed record QueuedRun(string Id, string Name);

/// <summary>A refusal: problem, and for bad specs the field it is about.</summary>
public sealed record ApiError(string Message, string? Field = null, long? Expected = null);
