using System.Threading.Channels;
using SggLab.Client;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;
using SggLab.Worker.Blobs;
using SggLab.Worker.Journals;

namespace SggLab.Worker.Attempts;

/// <summary>How sending an attempt's records came to its end.</summary>
public enum SendEnd
{
    /// <summary>All records are with the server, the closing one too or, for an attempt whose process died, as far as it came.</summary>
    Sent,
    /// <summary>The run went elsewhere and the server takes no more of this attempt.</summary>
    Superseded,
    /// <summary>The server refuses a record for good, or does not know the run.</summary>
    Refused,
}

/// <summary>Posts an attempt's records in order, the blobs they name first. Waits out a server that is away; never blocks the trainer.</summary>
public sealed class RecordSender(LabClient client, AttemptFolder attempt, BlobCache cache, WorkerLog log)
{
    private const int BatchRecords = 500;
    private const int BatchBytes = 1 << 20;
    // Records of the same moment travel together; a page still looks live.
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(100);

    private readonly Channel<bool> _more = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly BlobUploads _blobs = new(client, attempt.Outbox, cache);
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(15));
    private volatile bool _ending;
    private ClosedRecord? _farewell;
    private int _batch = BatchRecords;
    private int _refusals;
    private bool _away;

    /// <summary>The server's or the reason's own words when the end is not <see cref="SendEnd.Sent"/>.</summary>
    public string? Problem { get; private set; }

    /// <summary>No record follows those already in the journal: <see cref="RunAsync"/> ends once they are sent.</summary>
    /// <param name="farewell">A closing record that this disk could not take; it is sent from memory after the others.</param>
    public void Finish(ClosedRecord? farewell = null)
    {
        _farewell = farewell;
        _ending = true;
        Wake();
    }

    /// <summary>Sends until <see cref="Finish"/> was called and everything is acknowledged, or the server takes no more.</summary>
    public async Task<SendEnd> RunAsync(CancellationToken stop)
    {
        attempt.Journal.Appended += Wake;
        try
        {
            using var reader = new JournalReader(attempt.Journal);
            reader.Seek(attempt.Sent + 1);
            while (true)
            {
                if (attempt.Sent >= attempt.Journal.Last)
                {
                    if (_ending && attempt.Sent >= attempt.Journal.Last && await SayFarewellAsync(stop)) return SendEnd.Sent;
                    if (_ending) continue;
                    await _more.Reader.ReadAsync(stop);
                    if (!_ending) await Task.Delay(Linger, stop);
                    continue;
                }
                if (await TrySendAsync(reader, stop) is { } end) return end;
            }
        }
        finally
        {
            attempt.Journal.Appended -= Wake;
        }
    }

    private async Task<SendEnd?> TrySendAsync(JournalReader reader, CancellationToken stop)
    {
        reader.Seek(attempt.Sent + 1);
        var records = reader.Read(_batch, BatchBytes);
        try
        {
            foreach (var record in records) await _blobs.UploadAsync(record, stop);
            var reply = await client.SendRecordsAsync(attempt.Identity.RunId, attempt.Identity.Attempt, attempt.Identity.Fence, Lines(records), stop);
            Acknowledged(reply.LastRecord, records);
            return null;
        }
        catch (LabApiException e)
        {
            return await HandleAsync(e, records.Count, stop);
        }
    }

    private async Task<SendEnd?> HandleAsync(LabApiException e, int records, CancellationToken stop)
    {
        if (e.IsConflict && e.Expected is { } expected) return GoTo(expected, e);
        if (e.IsConflict) return End(SendEnd.Superseded, e.Message);
        // Another site or an older database answers here: these records may be wanted elsewhere, so they are not thrown away.
        if (e.IsNotFound) return End(SendEnd.Refused, e.Message);
        if (e.IsTransient || e.IsUnauthorized || e.IsGarbled)
        {
            // A token may be replaced while the run goes on, and a proxy's page goes away: both are waited out.
            if (!_away) log.Warn("records wait", ("run", attempt.Identity.RunId), ("attempt", attempt.Identity.Attempt), ("sent", attempt.Sent), ("recorded", attempt.Journal.Last), ("reason", e.Message));
            _away = true;
            await Task.Delay(_backoff.Next(e.RetryAfter), stop);
            return null;
        }
        // One record of a batch may be what the server refuses, or the batch is too large for it: narrow down.
        _blobs.Forget();
        if (records > 1)
        {
            _batch = Math.Max(1, records / 2);
            return null;
        }
        if (++_refusals < 3)
        {
            await Task.Delay(_backoff.Next(e.RetryAfter), stop);
            return null;
        }
        return await RefusedAsync($"The server refuses record {attempt.Sent + 1}: {e.Message}", stop);
    }

    /// <summary>Ends the attempt where the server stands, so that the run fails with a reason instead of being tried for ever.</summary>
    private async Task<SendEnd> RefusedAsync(string problem, CancellationToken stop)
    {
        try
        {
            await CloseAsync(new ClosedRecord("failed", "refused", problem, 0), stop);
        }
        catch (LabApiException e)
        {
            problem = $"{problem} Closing the attempt failed too: {e.Message}";
        }
        return End(SendEnd.Refused, problem);
    }

    /// <returns>False where it has to be tried again.</returns>
    private async Task<bool> SayFarewellAsync(CancellationToken stop)
    {
        if (_farewell is null) return true;
        try
        {
            attempt.RememberSent((await CloseAsync(_farewell, stop)).LastRecord);
            return true;
        }
        catch (LabApiException e) when (e.IsTransient || e.IsUnauthorized || e.IsGarbled)
        {
            await Task.Delay(_backoff.Next(e.RetryAfter), stop);
            return false;
        }
        catch (LabApiException e)
        {
            log.Error("the closing record was refused", ("run", attempt.Identity.RunId), ("attempt", attempt.Identity.Attempt), ("reason", e.Message));
            return true;
        }
    }

    private Task<RecordsAccepted> CloseAsync(ClosedRecord closed, CancellationToken stop) => client.SendRecordsAsync(attempt.Identity.RunId, attempt.Identity.Attempt, attempt.Identity.Fence,
        JournalLine.Write(attempt.Sent + 1, RecordTypes.Closed, DateTimeOffset.UtcNow, closed).AsMemory(JournalLine.Prefix), stop);

    /// <summary>The server knows best what it has: it may hold more than this side remembers, or less after it was restored from a backup.</summary>
    private SendEnd? GoTo(long expected, LabApiException e)
    {
        if (expected < 1 || expected > attempt.Journal.Last + 1 || expected == attempt.Sent + 1)
            return End(SendEnd.Refused, $"The server waits for record {expected}, the journal holds 1 to {attempt.Journal.Last}. {e.Message}");
        attempt.RememberSent(expected - 1);
        return null;
    }

    private SendEnd End(SendEnd end, string problem)
    {
        Problem = problem;
        return end;
    }

    private void Acknowledged(long last, IReadOnlyList<ReadOnlyMemory<byte>> records)
    {
        if (_away) log.Info("server is back", ("run", attempt.Identity.RunId), ("acknowledged", last));
        (_away, _refusals, _batch) = (false, 0, Math.Min(BatchRecords, _batch * 2));
        _backoff.Reset();
        attempt.RememberSent(Math.Min(last, attempt.Journal.Last));
        _blobs.Release(records);
    }

    private static byte[] Lines(IReadOnlyList<ReadOnlyMemory<byte>> records)
    {
        var lines = new byte[records.Sum(r => r.Length + 1)];
        var at = 0;
        foreach (var record in records)
        {
            record.Span.CopyTo(lines.AsSpan(at));
            at += record.Length;
            lines[at++] = (byte)'\n';
        }
        return lines;
    }

    private void Wake() => _more.Writer.TryWrite(true);
}
