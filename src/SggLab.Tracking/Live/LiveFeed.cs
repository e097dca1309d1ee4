using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace SggLab.Tracking.Live;

/// <summary>Something on a page changed.</summary>
/// <param name="Kind">run, curve, experiment, queue, worker, checkpoint, leaderboard or activity; "all" after the connection was lost: read everything again.</param>
/// <param name="Id">Id of what changed: a run, experiment, worker or checkpoint; the data set for leaderboard; empty otherwise.</param>
public sealed record LabChange(string Project, string Kind, string Id);

/// <summary>Tells this web node's pages what the projections changed, through PostgreSQL's listen/notify. Callbacks must return at once: throttle in the page.</summary>
public sealed class LiveFeed(NpgsqlDataSource source, ILogger<LiveFeed> log) : BackgroundService
{
    private const string All = "all";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private Subscription[] _subscriptions = [];

    /// <param name="kind">null = every kind.</param>
    /// <param name="id">null = every id.</param>
    /// <returns>Dispose it to stop.</returns>
    public IDisposable Subscribe(string project, string? kind, string? id, Action<LabChange> changed)
    {
        var subscription = new Subscription(this, project, kind, id, changed);
        lock (_gate)
            _subscriptions = [.. _subscriptions, subscription];
        return subscription;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var lost = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(lost, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                lost = true;
                log.LogWarning("The live feed lost its connection and tries again: {Problem}", e.Message);
                await Task.Delay(Pause, CancellationToken.None);
            }
        }
    }

    private async Task ListenAsync(bool lost, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        connection.Notification += (_, e) => Raise(e.Payload);
        await using (var listen = new NpgsqlCommand("listen sgglab_changes", connection))
            await listen.ExecuteNonQueryAsync(cancellation);
        if (lost)
            Deliver(new LabChange("", All, ""));
        while (true)
            await connection.WaitAsync(cancellation);
    }

    private void Raise(string payload)
    {
        if (payload.Split('|', 3) is [var project, var kind, var id])
            Deliver(new LabChange(project, kind, id));
    }

    private void Deliver(LabChange change)
    {
        foreach (var subscription in _subscriptions)
        {
            try
            {
                subscription.Offer(change);
            }
            catch (Exception e)
            {
                log.LogError(e, "A subscriber of the live feed failed");
            }
        }
    }

    private sealed class Subscription(LiveFeed feed, string project, string? kind, string? id, Action<LabChange> changed) : IDisposable
    {
        // Workers belong to no project, and "all" concerns everyone: both come with an empty one.
        public void Offer(LabChange change)
        {
            if (change.Kind == All || (change.Project.Length == 0 || change.Project == project) && (kind is null || kind == change.Kind) && (id is null || id == change.Id))
                changed(change);
        }

        public void Dispose()
        {
            lock (feed._gate)
                feed._subscriptions = [.. feed._subscriptions.Where(other => other != this)];
        }
    }
}
