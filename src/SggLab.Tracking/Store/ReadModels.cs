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
    public static IReadOnlyList<ReadModelProjection> Inline() => [new("queue", 1, new QueueEntries()), new("access", 1, new AccessTables())];

    /// <summary>Behind the events by some milliseconds. Curves apart: their load must not hold up the rest.</summary>
    public static IReadOnlyList<ReadModelProjection> Async() => [new("life", 1, Life()), new("curves", 1, new MetricChunks())];

    private static ReadModel[] Life() =>
        [new RunRows(), new ExperimentRows(), new WorkerRows(), new CheckpointNodes(), new EvaluationRows(), new ActivityEntries()];
}
