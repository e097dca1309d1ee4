using SggLab.Tracking.Access;
using SggLab.Tracking.Activity;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Evaluations;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Telemetry;
using SggLab.Tracking.Workers;

namespace SggLab.Tracking.Store;

/// <summary>All read models, and in which projection each is fed.</summary>
internal static class ReadModels
{
    public static IReadOnlyList<ReadModel> All() => [new QueueEntries(), new AccessTables(), .. Life(), new MetricChunks()];

    /// <summary>In the transaction of their events: what a lease or a token check reads must never lag.</summary>
    public static IReadOnlyList<ReadModelProjection> Inline() => [new("queue", 1, null, new QueueEntries()), new("access", 1, null, new AccessTables())];

    /// <summary>Behind the events by some milliseconds. Curves apart: their load must not hold up the rest.</summary>
    /// <param name="skipped">What they leave out; null where they are only looked at.</param>
    public static IReadOnlyList<ReadModelProjection> Async(DeadLetters? skipped = null) => [new("life", 1, skipped, Life()), new("curves", 1, skipped, new MetricChunks())];

    /// <summary>Where the progress of lists and pages is stored.</summary>
    public const string LifeShard = "life:All";

    private static ReadModel[] Life() =>
        [new RunRows(), new ExperimentRows(), new WorkerRows(), new CheckpointNodes(), new EvaluationRows(), new ActivityEntries()];
}
