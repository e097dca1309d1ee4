namespace SggLab.Tracking.Live;

/// <summary>Something on a page changed.</summary>
/// <param name="Kind">run, curve, experiment, queue, worker, checkpoint, leaderboard or activity; "all" after the connection was lost: read everything again.</param>
/// <param name="Id">Id of what changed: a run, experiment, worker or checkpoint; the data set for leaderboard; empty otherwise.</param>
public sealed record LabChange(string Project, string Kind, string Id);

/// <summary>Tells this web node's pages what the projections changed, through PostgreSQL's listen/notify. Callbacks must return at once: throttle in the page.</summary>
public sealed class LiveFeed
{
    /// <param name="kind">null = every kind.</param>
    /// <param name="id">null = every id.</param>
    /// <returns>Dispose it to stop.</returns>
    public IDisposable Subscribe(string project, string? kind, string? id, Action<LabChange> changed) => throw new NotImplementedException();
}
