using SggLab.Contracts.Specs;

namespace SggLab.Contracts.Api;

/// <summary>POST /api/v1/experiments queues an <see cref="ExperimentSpec"/>; the reply names the runs. Key: the same key queues once; with another
/// spec it is refused (409).</summary>
public sealed record QueueExperiment(string? Key, ExperimentSpec Spec);
/// <param name="Already">True where this very spec was queued under the key before: nothing was queued now.</param>
/// <param name="Waits">A sentence where runs need a device that no connected worker has.</param>
public sealed record ExperimentQueued(string ExperimentId, IReadOnlyList<QueuedRun> Runs, bool? Already = null, string? Waits = null);
public sealed record QueuedRun(string Id, string Name);

/// <summary>Reply of POST /api/v1/runs/{id}/cancel and /retry.</summary>
/// <param name="Changed">False where it was so already.</param>
/// <param name="State">What was decided: cancelled, stopping (it runs, and stops at its next step) or queued.</param>
public sealed record RunChanged(string Id, bool Changed, string State);

/// <summary>A refusal: problem, and for bad specs the field it is about.</summary>
public sealed record ApiError(string Message, string? Field = null, long? Expected = null);
