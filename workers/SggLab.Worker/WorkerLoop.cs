using SggLab.Client;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Worker.Attempts;
using SggLab.Worker.Blobs;
using SggLab.Worker.Journals;

namespace SggLab.Worker;

/// <summary>
/// One worker process: sends what earlier processes left, registers under a new incarnation (which ends their leases), then leases and runs, one run at a time.
/// </summary>
public sealed class WorkerLoop(LabClient client, WorkerOptions options, WorkerLog log, TimeProvider time)
{
    // Below this a run could not even keep its first checkpoint.
    private const long LeastFreeBytes = 64L << 20;
    private static readonly TimeSpan SignOffTime = TimeSpan.FromSeconds(3);

    private readonly AttemptRunner _runner = new(client, new BlobCache(options.Cache, options.CacheBytes), new AttemptLedger(options.Ledger), options, log, time);
    private readonly Heartbeat _heartbeat = new(options.Alive);
    private readonly string _id = WorkerIdentity.Of(options);
    private string? _incarnation;

    /// <param name="handBack">Stop taking runs; checkpoint and release the one in hand.</param>
    /// <param name="abandon">Wait for the trainer no longer.</param>
    /// <param name="stop">Leave at once.</param>
    /// <exception cref="LabException">The token is refused before any run was taken, or the state folder is in use.</exception>
    public async Task RunAsync(CancellationToken handBack, CancellationToken abandon, CancellationToken stop)
    {
        using var folderLock = Lock();
        Directory.CreateDirectory(options.Attempts);
        try
        {
            await FlushAsync(handBack);
            await RegisterAsync(handBack);
            await WorkAsync(handBack, abandon, stop);
        }
        catch (OperationCanceledException) when (handBack.IsCancellationRequested || stop.IsCancellationRequested)
        {
            // Told to leave while nothing was in hand, or while the server was away.
        }
        await SignOffAsync();
        log.Info("worker stopped", ("worker", _id));
    }

    /// <summary>A process that ended as it should is not looked for. Without a server it shows as one that fell silent.</summary>
    private async Task SignOffAsync()
    {
        if (_incarnation is null) return;
        using var limit = new CancellationTokenSource(SignOffTime, time);
        try
        {
            await client.SignOffAsync(_id, _incarnation, limit.Token);
        }
        catch (Exception e) when (e is LabException or OperationCanceledException)
        {
            log.Warn("could not sign off", ("worker", _id), ("reason", e.Message));
        }
    }

    private async Task WorkAsync(CancellationToken handBack, CancellationToken abandon, CancellationToken stop)
    {
        var idle = new Backoff(TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(1.2));
        var since = time.GetTimestamp();
        while (!handBack.IsCancellationRequested)
        {
            if (await LeaseAsync(handBack, stop) is not { } grant)
            {
                if (options.Once && time.GetElapsedTime(since) > options.Wait)
                {
                    log.Info("nothing waits in the queue", ("worker", _id));
                    return;
                }
                await Task.Delay(idle.Next(), handBack);
                continue;
            }
            idle.Reset();
            log.Info("leased", ("run", grant.RunId), ("attempt", grant.Attempt), ("fence", grant.Fence), ("name", grant.Spec.Name));
            try
            {
                // What the server takes no more of may still hold its lease: a new incarnation gives that back.
                if (await _runner.RunAsync(grant, handBack, abandon, stop) is not SendEnd.Sent) await RegisterAsync(handBack);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The state folder fails, most often because the disk is full. A new incarnation hands the run back.
                log.Error("the attempt cannot be kept on this machine", ("run", grant.RunId), ("attempt", grant.Attempt), ("reason", e.Message));
                await Task.Delay(TimeSpan.FromSeconds(5), handBack);
                await RegisterAsync(handBack);
            }
            await FlushAsync(handBack);
            if (options.Once) return;
        }
    }

    private async Task FlushAsync(CancellationToken stop)
    {
        foreach (var folder in Directory.GetDirectories(options.Attempts).Order(StringComparer.Ordinal))
        {
            try
            {
                if (AttemptFolder.Open(folder) is { } attempt) await _runner.FlushAsync(attempt, stop);
                else Directory.Delete(folder, recursive: true);
            }
            catch (IOException e) when (!Posix.IsDiskFull(e))
            {
                // One broken folder must not keep this worker from working.
                log.Error("records cannot be read and are kept aside", ("folder", AttemptFolder.MoveAside(folder)), ("reason", e.Message));
            }
        }
    }

    private async Task RegisterAsync(CancellationToken stop)
    {
        var me = new RegisterWorker(_id, LabId.New(), Environment.MachineName, Libtorch.Device(options.Libtorch), options.Threads > 0 ? options.Threads : Environment.ProcessorCount, LabClient.Version);
        var backoff = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5));
        for (var first = true; ; first = false)
        {
            try
            {
                _heartbeat.Beat();
                await client.RegisterAsync(me, stop);
                _incarnation = me.Incarnation;
                log.Info("registered", ("worker", me.Id), ("incarnation", me.Incarnation), ("machine", me.Machine), ("threads", me.Threads), ("version", me.Version));
                return;
            }
            catch (LabApiException e) when (e.IsTransient || e.IsGarbled)
            {
                if (first) log.Warn("waiting for the server", ("reason", e.Message));
                await Task.Delay(backoff.Next(e.RetryAfter), stop);
            }
        }
    }

    private async Task<LeaseGrant?> LeaseAsync(CancellationToken handBack, CancellationToken stop)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(10));
        for (var first = true; ; first = false)
        {
            try
            {
                _heartbeat.Beat();
                // Not ended by SIGTERM: a lease that is on its way must arrive, to be handed back.
                if (HasRoom(first)) return await client.LeaseAsync(_id, stop);
                await Task.Delay(backoff.Next(), handBack);
            }
            catch (LabApiException e) when (e.IsTransient || e.IsUnauthorized || e.IsGarbled)
            {
                if (first) log.Warn("no lease", ("reason", e.Message));
                await Task.Delay(backoff.Next(e.RetryAfter), handBack);
            }
            catch (LabApiException e) when (e.IsConflict || e.IsNotFound)
            {
                log.Warn("not registered any more", ("worker", _id), ("reason", e.Message));
                await Task.Delay(backoff.Next(), handBack);
                await RegisterAsync(handBack);
            }
        }
    }

    private bool HasRoom(bool say)
    {
        var free = new DriveInfo(Path.GetFullPath(options.State)).AvailableFreeSpace;
        if (free >= LeastFreeBytes) return true;
        if (say) log.Error("no run is taken: the disk is nearly full", ("state", options.State), ("freeBytes", free), ("neededBytes", LeastFreeBytes));
        return false;
    }

    private FileStream Lock()
    {
        Directory.CreateDirectory(options.State);
        try
        {
            return new FileStream(Path.Combine(options.State, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new LabException($"The state folder {options.State} is in use by another worker. Give each worker its own --state folder.", 2, e);
        }
    }
}
