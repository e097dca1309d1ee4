using SggLab.Client;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;
using SggLab.Training;
using SggLab.Worker.Blobs;

namespace SggLab.Worker.Attempts;

/// <summary>Trains one attempt in this process; sending and lease renewal run beside it and never hold it up.</summary>
public sealed class AttemptRunner(LabClient client, BlobCache cache, AttemptLedger ledger, WorkerOptions options, WorkerLog log, TimeProvider time)
{
    private readonly Heartbeat _heartbeat = new(options.Alive);
    private readonly JobPreparation _inputs = new(client, cache, options.Threads, log);

    /// <param name="handBack">SIGTERM or SIGINT: checkpoint and release, within the grace period.</param>
    /// <param name="abandon">The grace period has passed: wait for the trainer no longer.</param>
    /// <param name="stop">Leave at once. What is not sent yet is sent at the next start.</param>
    /// <returns>How sending ended; anything but <see cref="SendEnd.Sent"/> may leave a lease that only a new incarnation gives back.</returns>
    public async Task<SendEnd> RunAsync(LeaseGrant grant, CancellationToken handBack, CancellationToken abandon, CancellationToken stop)
    {
        var identity = new AttemptIdentity(grant.RunId, grant.Attempt, grant.Fence, grant.TtlSeconds, grant.SpecHash);
        var attempt = AttemptFolder.Create(options.Attempts, identity);
        var recorder = new JournalRecorder(attempt, time);
        var sender = new RecordSender(client, attempt, cache, log);
        var keeper = new LeaseKeeper(client, identity, log, _heartbeat);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        // Files of a checkpoint are fetched only as long as the run is ours and wanted.
        using var unwanted = CancellationTokenSource.CreateLinkedTokenSource(handBack, stop);
        void Lose(string reason)
        {
            // After the closing record the lease is gone by rights.
            if (!recorder.IsSealed) log.Warn("the run is no longer ours", ("run", grant.RunId), ("attempt", grant.Attempt), ("reason", reason));
            recorder.Seal(reason);
            unwanted.Cancel();
        }
        keeper.Lost += Lose;
        keeper.StopRequested += asked =>
        {
            if (recorder.StopRequested is null) log.Info("stop asked for", ("run", grant.RunId), ("attempt", grant.Attempt), ("stop", asked));
            recorder.RequestStop(asked);
            if (asked == "cancel") unwanted.Cancel();
        };
        using var onHandBack = handBack.Register(() => recorder.RequestStop("drain"));
        var keeping = KeepAsync(keeper, ended.Token);
        var sending = SendAsync(sender, Lose, ended.Token);
        try
        {
            var closed = await WorkAsync(grant, attempt, recorder, unwanted.Token, abandon);
            var written = closed is null || TryClose(recorder, closed, grant);
            sender.Finish(farewell: written ? null : closed);
            return Finish(attempt, sender, await sending);
        }
        finally
        {
            await ended.CancelAsync();
            await keeping;
            await sending.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            attempt.Dispose();
        }
    }

    /// <summary>Sends what an earlier process left in its attempt's folder, keeping its lease meanwhile.</summary>
    public async Task FlushAsync(AttemptFolder attempt, CancellationToken stop)
    {
        log.Info("sending what an earlier process recorded", ("run", attempt.Identity.RunId), ("attempt", attempt.Identity.Attempt), ("sent", attempt.Sent), ("recorded", attempt.Journal.Last));
        if (attempt.Journal.Damage is { } damage) log.Error(damage, ("run", attempt.Identity.RunId));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sender = new RecordSender(client, attempt, cache, log);
        var keeping = KeepAsync(new LeaseKeeper(client, attempt.Identity, log, _heartbeat), ended.Token);
        try
        {
            sender.Finish();
            Finish(attempt, sender, await sender.RunAsync(stop));
        }
        finally
        {
            await ended.CancelAsync();
            await keeping;
            attempt.Dispose();
        }
    }

    /// <returns>How the attempt ended; null when it is not ours to end.</returns>
    private async Task<ClosedRecord?> WorkAsync(LeaseGrant grant, AttemptFolder attempt, JournalRecorder recorder, CancellationToken unwanted, CancellationToken abandon)
    {
        JobInputs inputs;
        try
        {
            inputs = await _inputs.PrepareAsync(grant, attempt.Work, unwanted);
        }
        catch (OperationCanceledException)
        {
            var asked = recorder.StopRequested;
            return recorder.IsSealed ? null : new ClosedRecord(asked == "cancel" ? Outcomes.Cancelled : Outcomes.Released, null, null, grant.Resume?.Step ?? 0);
        }
        catch (Exception e) when (e is LabException or IOException or UnauthorizedAccessException)
        {
            return new ClosedRecord(Outcomes.Failed, "environment", $"The checkpoint to start from cannot be laid out: {e.Message}", grant.Resume?.Step ?? 0);
        }
        log.Info("training", ("run", grant.RunId), ("attempt", grant.Attempt), ("name", grant.Spec.Name), ("method", grant.Spec.Method), ("from", grant.Resume?.Step ?? 0));
        var training = TrainAsync(inputs, recorder);
        // A trainer that does not come to its next step in time cannot be ended inside this process; leaving it is enough, the journal is whole.
        await Task.WhenAny(training, Task.Delay(Timeout.Infinite, abandon));
        if (!training.IsCompleted)
        {
            log.Warn("the trainer did not stop within the grace period", ("run", grant.RunId), ("attempt", grant.Attempt), ("step", recorder.Step));
            return new ClosedRecord(Outcomes.Released, null, "The worker was told to stop and the step did not end within the grace period.", recorder.Step);
        }
        var closed = await training;
        return recorder.IsSealed ? null
            : recorder.DiskFailure is { } disk ? new ClosedRecord(Outcomes.Failed, "environment", disk, recorder.Step)
            : closed;
    }

    /// <summary>The trainer gets a thread of its own, so that neither sending nor renewing ever waits for it.</summary>
    private static Task<ClosedRecord> TrainAsync(JobInputs inputs, JournalRecorder recorder)
    {
        var done = new TaskCompletionSource<ClosedRecord>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                done.SetResult(TrainingJob.Run(inputs, recorder));
            }
            catch (Exception e)
            {
                done.SetResult(new ClosedRecord(Outcomes.Failed, "error", $"{e.GetType().Name}: {e.Message}", recorder.Step));
            }
        }, maxStackSize: 16 << 20) { IsBackground = true, Name = "trainer" }.Start();
        return done.Task;
    }

    private bool TryClose(JournalRecorder recorder, ClosedRecord closed, LeaseGrant grant)
    {
        log.Info("closing", ("run", grant.RunId), ("attempt", grant.Attempt), ("outcome", closed.Outcome), ("step", closed.Step), ("kind", closed.Kind), ("reason", closed.Message));
        try
        {
            recorder.Close(closed);
            return true;
        }
        catch (IOException e)
        {
            log.Error("the closing record cannot be written here; it is sent all the same", ("run", grant.RunId), ("attempt", grant.Attempt), ("reason", e.Message));
            return false;
        }
    }

    private SendEnd Finish(AttemptFolder attempt, RecordSender sender, SendEnd end)
    {
        ledger.Add(attempt, end.ToString().ToLowerInvariant());
        switch (end)
        {
            case SendEnd.Sent when attempt.Journal.Damage is null:
                attempt.Delete();
                break;
            default:
                log.Error("records kept aside", ("run", attempt.Identity.RunId), ("attempt", attempt.Identity.Attempt), ("folder", attempt.SetAside()), ("reason", sender.Problem ?? attempt.Journal.Damage));
                break;
        }
        return end;
    }

    private static async Task KeepAsync(LeaseKeeper keeper, CancellationToken ended)
    {
        try
        {
            await keeper.RunAsync(ended);
        }
        catch (OperationCanceledException)
        {
            // The attempt is over.
        }
    }

    private static async Task<SendEnd> SendAsync(RecordSender sender, Action<string> lose, CancellationToken ended)
    {
        var end = await sender.RunAsync(ended);
        if (end is not SendEnd.Sent) lose(sender.Problem ?? "The server takes no more records of this attempt.");
        return end;
    }
}
