using Marten;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;
using SggLab.Tracking.Access;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Telemetry;

/// <summary>
/// Appends a worker's records to its attempt's stream, all or nothing and once: what is there already is acknowledged, a gap is refused with the number
/// expected. Records that say something about the run change its stream in the same transaction, while the attempt's fence is the current one; after that they
/// are kept in the attempt's own stream, marked. Not a bus command: this is the hot path, and its payload is bytes.
/// </summary>
public sealed class RecordIngest(IDocumentStore store)
{
    private const int Tries = 6;

    /// <param name="body">JSON lines; see <see cref="Contracts.Records.RunRecord"/>.</param>
    public async Task<Outcome<RecordsAccepted>> AppendAsync(Actor by, string runId, int attempt, long fence, ReadOnlyMemory<byte> body, CancellationToken cancellation = default)
    {
        if (Permissions.ToWork(by) is { } forbidden)
            return forbidden;
        var (records, malformed) = RecordLines.Split(body);
        if (malformed is not null)
            return malformed;
        for (var left = Tries; ; left--)
        {
            try
            {
                return await TryAppendAsync(by, runId, attempt, fence, records, cancellation);
            }
            // Another writer was faster, or the run changed meanwhile: look again.
            catch (Exception e) when (left > 1 && Races.IsRace(e))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10 * (Tries - left + 1)), cancellation);
            }
        }
    }

    private async Task<Outcome<RecordsAccepted>> TryAppendAsync(Actor by, string runId, int attempt, long fence, IReadOnlyList<FramedRecord> records, CancellationToken cancellation)
    {
        await using var session = store.LightweightSession(by.Project);
        var lease = await Leases.LockAsync(session, runId, cancellation);
        var current = lease is not null && lease.Attempt == attempt && lease.Fence == fence;
        if (await AttemptHead.LockAsync(session, runId, attempt, records.Count > 0 ? records[0].N : 1, cancellation) is not { } head)
            return Refusal.NotFound($"Run {SafeText.Of(runId, 80)} has no attempt {attempt} in this project; a worker sends records only under a lease.");
        if (head.Fence != fence)
            return Refusal.Conflict($"Attempt {attempt} of run {runId} was leased with fence {head.Fence}; these records came with {fence}. Send X-Fence as the lease gave it.");
        if (records.Count == 0)
            return Outcome.Already(new RecordsAccepted(0, 0, head.Stored));
        if (records[0].N > head.Stored + 1)
            return Refusal.Conflict($"Record {records[0].N} leaves a gap: the next record of attempt {attempt} is {head.Stored + 1}. Send from there.", head.Stored + 1);
        var chain = head.Previous;
        foreach (var record in records.TakeWhile(record => record.N <= head.Stored))
        {
            chain = RecordFormat.Next(chain, record.Line);
            if (!chain.AsSpan().SequenceEqual(head.Hashes[record.N]))
                return Refusal.Conflict($"Record {record.N} of attempt {attempt} was stored before with other content. An attempt's journal must never be written anew: close this attempt and take a new lease.");
        }
        var fresh = records.SkipWhile(record => record.N <= head.Stored).ToList();
        var accepted = new RecordsAccepted(fresh.Count, records.Count - fresh.Count, Math.Max(head.Stored, records[^1].N));
        if (fresh.Count == 0)
            return Outcome.Already(accepted);
        if (await MissingBlobAsync(session, fresh, cancellation) is { } missing)
            return missing;
        session.SignedByWorker(head.Worker);
        var events = new List<object>(fresh.Count);
        var counts = current;
        foreach (var record in fresh)
        {
            var hash = RecordFormat.Next(chain, record.Line);
            events.Add(AttemptRecords.Create(AttemptRecords.TypeOf(record.Type), record.Line, chain, hash, superseded: !counts));
            chain = hash;
            // The attempt is over with its closing record, whatever still stands behind it in the batch.
            counts &= record.Type != RecordTypes.Closed;
        }
        // The number passed is the version after the append; without it a retry would double in silence.
        session.Events.Append(StreamKeys.Attempt(runId, attempt), head.Stored + 1 + fresh.Count, events);
        if (current)
            await ChangeRunAsync(session, runId, attempt, fresh, cancellation);
        await session.SaveChangesAsync(cancellation);
        return Outcome.Done(accepted);
    }

    private static async Task ChangeRunAsync(IDocumentSession session, string runId, int attempt, List<FramedRecord> fresh, CancellationToken cancellation)
    {
        session.QueueSqlCommand("update lab.worker_lease set renewed_at = now() where tenant_id = ? and run_id = ?", session.TenantId, runId);
        if (!fresh.Exists(record => RecordEffects.MayHave(record)))
            return;
        var stream = await session.Events.FetchForWriting<Run>(StreamKeys.Run(runId), cancellation);
        if (stream.Aggregate is not { Phase: RunPhase.Running } run || run.Attempt != attempt)
            return;
        var registered = new HashSet<string>(StringComparer.Ordinal);
        foreach (var record in fresh)
        {
            var effects = RecordEffects.Of(run, record);
            stream.AppendMany(effects.OnRun);
            if (effects.OnRun is [RecordNotUnderstood problem])
                run = run.Apply(problem);
            if (effects.Checkpoint is { } checkpoint && registered.Add(checkpoint.CheckpointId))
                await RegisterAsync(session, checkpoint, cancellation);
            if (effects.Closes)
            {
                Leases.End(session, runId);
                return;
            }
        }
    }

    private static async Task RegisterAsync(IDocumentSession session, CheckpointRegistered checkpoint, CancellationToken cancellation)
    {
        var key = StreamKeys.Checkpoint(checkpoint.CheckpointId);
        if (!await session.StreamExistsAsync(key, cancellation))
            session.Events.StartStream(key, checkpoint);
    }

    /// <summary>Locks the rows of the blobs that the records name, so that no sweep can take one before the event that names it is there.</summary>
    private static async Task<Refusal?> MissingBlobAsync(IDocumentSession session, List<FramedRecord> records, CancellationToken cancellation)
    {
        var named = records.SelectMany(record => RecordBlobs.NamedBy(record).Select(sha256 => (record.N, Sha256: sha256))).ToList();
        if (named.Count == 0)
            return null;
        var stored = new HashSet<string>(StringComparer.Ordinal);
        await using (var command = await session.CommandAsync("select sha256 from lab.blob where sha256 = any($1) order by sha256 for key share", cancellation, (object)named.Select(blob => SafeText.Of(blob.Sha256)).Distinct().ToArray()))
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
            while (await reader.ReadAsync(cancellation))
                stored.Add(reader.GetString(0));
        var missing = named.Where(blob => !stored.Contains(blob.Sha256)).ToList();
        return missing.Count == 0 ? null : Refusal.Invalid(
            $"Record {missing[0].N} names {(missing.Count == 1 ? "a blob that is" : "blobs that are")} not stored: {string.Join(", ", missing.Select(blob => blob.Sha256).Distinct().Take(100))}. PUT /api/v1/blobs/… first, then send the records again.", "data");
    }
}
