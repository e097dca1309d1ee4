using SggLab.Contracts.Api;
using SggLab.Tracking.Access;

namespace SggLab.Tracking.Runs
{
    /// <param name="State">queued, waiting, running, completed, failed or cancelled.</param>
    /// <param name="After">Id of the last run of the page before; newest first.</param>
    public sealed record RunFilter(string? ExperimentId = null, string? State = null, string? Method = null, string? Variant = null, string? Search = null, string? After = null, int Limit = 200);
    public sealed class RunQueries
    {
        public Task<IReadOnlyList<RunSummary>> ListAsync(Actor by, RunFilter? filter = null, CancellationToken cancellation = default) => throw new NotImplementedException();
        public Task<RunDetail?> FindAsync(Actor by, string runId, CancellationToken cancellation = default) => throw new NotImplementedException();
        /// <summary>Events of the run and of all its attempts in the order they were stored, from after <paramref name="afterSequence"/>.</summary>
        public Task<IReadOnlyList<EventItem>> EventsAsync(Actor by, string runId, long afterSequence = 0, int limit = 500, CancellationToken cancellation = default) => throw new NotImplementedException();
        /// <summary>The newest events first, before <paramref name="beforeSequence"/>.</summary>
        public Task<IReadOnlyList<EventItem>> LatestEventsAsync(Actor by, string runId, long beforeSequence = long.MaxValue, int limit = 100, CancellationToken cancellation = default) => throw new NotImplementedException();
    }
}
namespace SggLab.Tracking.Experiments
{
    public sealed class ExperimentQueries
    {
        public Task<IReadOnlyList<ExperimentSummary>> ListAsync(Actor by, CancellationToken cancellation = default) => throw new NotImplementedException();
        public Task<ExperimentSummary?> FindAsync(Actor by, string experimentId, CancellationToken cancellation = default) => throw new NotImplementedException();
    }
}
namespace SggLab.Tracking.Queue
{
    public sealed class QueueQueries
    {
        public Task<IReadOnlyList<QueueItem>> ListAsync(Actor by, CancellationToken cancellation = default) => throw new NotImplementedException();
    }
}
namespace SggLab.Tracking.Workers
{
    public sealed class WorkerQueries
    {
        /// <summary>State: idle, busy, silent (its lease ran out of time) or lost.</summary>
        public Task<IReadOnlyList<WorkerSummary>> ListAsync(Actor by, CancellationToken cancellation = default) => throw new NotImplementedException();
    }
}
namespace SggLab.Tracking.Activity
{
    public sealed class ActivityQueries
    {
        public Task<IReadOnlyList<ActivityItem>> RecentAsync(Actor by, int limit = 50, long before = long.MaxValue, CancellationToken cancellation = default) => throw new NotImplementedException();
    }
}
namespace SggLab.Tracking.Checkpoints
{
    public sealed class CheckpointQueries
    {
        public Task<CheckpointNode?> FindAsync(Actor by, string checkpointId, CancellationToken cancellation = default) => throw new NotImplementedException();
        public Task<CheckpointLineage?> LineageAsync(Actor by, string checkpointId, CancellationToken cancellation = default) => throw new NotImplementedException();
    }
}
namespace SggLab.Tracking.Leaderboards
{
    /// <summary>A moment of the past: a sequence, or a time (the last sequence whose running-maximum timestamp is not past it).</summary>
    public sealed record AsOf(long? Sequence, DateTimeOffset? Time)
    {
        /// <summary>Reads a whole number or an ISO 8601 time with offset; null for anything else.</summary>
        public static AsOf? Parse(string text) => throw new NotImplementedException();
    }
    /// <summary>What is ranked together.</summary>
    public sealed record Board(string Dataset, string Split, string Protocol, string ProtocolHash, int Entries);
    public sealed class LeaderboardQueries
    {
        public Task<IReadOnlyList<Board>> BoardsAsync(Actor by, AsOf? asOf = null, CancellationToken cancellation = default) => throw new NotImplementedException();
        /// <summary>Best first; one board after another where the filters leave several. Rank counts from 1 within a board.</summary>
        public Task<IReadOnlyList<LeaderboardRow>> RowsAsync(Actor by, string? dataset = null, string? split = null, string? protocolHash = null, AsOf? asOf = null, CancellationToken cancellation = default) => throw new NotImplementedException();
    }
}
namespace SggLab.Tracking.Comparisons
{
    public sealed class ComparisonQueries
    {
        /// <summary>One curve a run and metric, in the order asked; a metric that a run never logged gives none. At most maxPoints points each, buckets keep minimum and maximum.</summary>
        public Task<IReadOnlyList<Curve>> CurvesAsync(Actor by, IReadOnlyList<string> runIds, IReadOnlyList<string>? metrics = null, int maxPoints = 2000, CancellationToken cancellation = default) => throw new NotImplementedException();
        public Task<IReadOnlyList<string>> MetricNamesAsync(Actor by, IReadOnlyList<string> runIds, CancellationToken cancellation = default) => throw new NotImplementedException();
        public Task<RunComparison> CompareAsync(Actor by, IReadOnlyList<string> runIds, CancellationToken cancellation = default) => throw new NotImplementedException();
    }
}
namespace SggLab.Tracking
{
    public sealed class StatusQueries
    {
        public Task<SiteStatus> GetAsync(Actor by, CancellationToken cancellation = default) => throw new NotImplementedException();
    }
}
