using Marten;
using Npgsql;
using SggLab.Contracts.Api;
using SggLab.Tracking.Access;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;
using SggLab.Tracking.Telemetry;

namespace SggLab.Tracking.Queue;

/// <summary>Gives the next run that it can compute to a registered worker; answers null where none waits. A worker whose answer got lost is given the same lease again.</summary>
public sealed record LeaseRun(Actor By, string WorkerId) : ILabCommand<LeaseAnswer>;

public sealed record LeaseAnswer(LeaseGrant? Grant);

public static class LeaseRunHandler
{
    private static readonly Outcome<LeaseAnswer> Nothing = Outcome.Already(new LeaseAnswer(null));

    public static async Task<Outcome<LeaseAnswer>> HandleAsync(LeaseRun command, IDocumentSession session, NpgsqlDataSource source, LabSettings settings, CancellationToken cancellation)
    {
        if (Permissions.ToWork(command.By) is { } forbidden)
            return forbidden;
        if (await SeenAsync(session, source, command.WorkerId, cancellation) is not var (incarnation, device))
            return Refusal.NotFound($"Worker {SafeText.Of(command.WorkerId, 80)} has not registered; POST /api/v1/workers first.");
        session.SignedByWorker(command.WorkerId);
        foreach (var held in await Leases.LockOfWorkerAsync(session, command.WorkerId, cancellation))
            if (held.Incarnation == incarnation && await session.Events.FetchLatest<Run>(StreamKeys.Run(held.RunId), cancellation) is { } mine)
                return Outcome.Already(new LeaseAnswer(await GrantAsync(session, mine, held, settings, cancellation)));
        if (await ClaimAsync(session, device, cancellation) is not { } runId)
            return Nothing;
        var stream = await session.Events.FetchForWriting<Run>(StreamKeys.Run(runId), cancellation);
        if (stream.Aggregate is not { Phase: RunPhase.Queued } run)
            return Nothing;
        var start = run.StartsFrom is null ? null : (await session.Events.FetchLatest<Run>(StreamKeys.Run(run.StartsFrom), cancellation))?.LastCheckpoint;
        if (run.StartsFrom is not null && start is null)
        {
            stream.AppendOne(new RunFailed(run.RunId, run.ExperimentId, run.Attempt, "start", $"Run {run.Spec.Model.Run}, which it starts from, left no checkpoint. Let that run save one, then retry this run.", 0));
            return Nothing;
        }
        var lease = new Lease(runId, run.ExperimentId, run.Attempt + 1, await NextFenceAsync(session, cancellation), command.WorkerId, incarnation, null, run.Spec.MayBeOffline is true);
        stream.AppendOne(new RunLeased(runId, run.ExperimentId, lease.Attempt, lease.WorkerId, incarnation, lease.Fence, start, run.LastFull, run.LastFull is null ? 0 : run.LastFullStep));
        session.Events.StartStream(StreamKeys.Attempt(runId, lease.Attempt), new AttemptOpened(runId, run.ExperimentId, lease.Attempt, lease.WorkerId, incarnation, lease.Fence));
        Leases.Grant(session, lease);
        return Outcome.Done(new LeaseAnswer(await GrantAsync(session, run, lease, settings, cancellation)));
    }

    /// <summary>Notes that the worker was heard of, whatever comes of its asking; then locks its row, so that one worker's askings follow each other.</summary>
    private static async Task<(string Incarnation, string? Device)?> SeenAsync(IDocumentSession session, NpgsqlDataSource source, string workerId, CancellationToken cancellation)
    {
        await using (var seen = source.CreateCommand("update lab.worker_presence set last_seen = now() where worker_id = $1"))
        {
            seen.Parameters.Add(new NpgsqlParameter { Value = workerId });
            await seen.ExecuteNonQueryAsync(cancellation);
        }
        await using var command = await session.CommandAsync("select incarnation, device from lab.worker_presence where worker_id = $1 for update", cancellation, workerId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (reader.GetString(0), reader.Text(1)) : null;
    }

    /// <summary>A run on the CPU suits every worker; one on a GPU waits for a worker that has one, and holds up none behind it.</summary>
    private static async Task<string?> ClaimAsync(IDocumentSession session, string? device, CancellationToken cancellation)
    {
        await using var command = await session.CommandAsync($"""
            select run_id from lab.{QueueEntries.Table} where tenant_id = $1 and state = 'queued' and not waits and device in ('cpu', $2)
            order by priority desc, queued_at, position, run_id limit 1 for update skip locked
            """, cancellation, session.TenantId, device ?? "cpu");
        return await command.ExecuteScalarAsync(cancellation) as string;
    }

    private static async Task<long> NextFenceAsync(IDocumentSession session, CancellationToken cancellation)
    {
        await using var command = await session.CommandAsync("select nextval('lab.lease_fence')", cancellation);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task<LeaseGrant> GrantAsync(IDocumentSession session, Run run, Lease lease, LabSettings settings, CancellationToken cancellation)
    {
        var start = run.StartsFrom is null ? null : (await session.Events.FetchLatest<Run>(StreamKeys.Run(run.StartsFrom), cancellation))?.LastCheckpoint;
        return new LeaseGrant
        {
            RunId = run.RunId, ExperimentId = run.ExperimentId, Attempt = lease.Attempt, Fence = lease.Fence, Spec = run.Spec, SpecHash = run.SpecHash,
            TtlSeconds = (int)Math.Max(1, settings.LeaseTtl.TotalSeconds),
            Start = await FilesAsync(session, start, cancellation), Resume = await FilesAsync(session, run.LastFull, cancellation),
        };
    }

    private static async Task<CheckpointFiles?> FilesAsync(IDocumentSession session, string? checkpoint, CancellationToken cancellation)
    {
        if (checkpoint is null)
            return null;
        var events = await session.Events.FetchStreamAsync(StreamKeys.Checkpoint(checkpoint), token: cancellation);
        var registered = events.Select(e => e.Data).OfType<CheckpointRegistered>().First();
        return new CheckpointFiles(checkpoint, registered.Step, registered.Files);
    }
}
