using Marten;
using SggLab.Tracking.Access;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Queue;

/// <summary>Ends a lease that its worker has not renewed for longer than the grace; the sweeper sends it.</summary>
public sealed record EndSilentLease(Actor By, string RunId, long Fence) : ILabCommand<string>;

public static class EndSilentLeaseHandler
{
    public static async Task<Outcome<string>> HandleAsync(EndSilentLease command, IDocumentSession session, LabSettings settings, CancellationToken cancellation)
    {
        if (Permissions.ToAdminister(command.By) is { } forbidden)
            return forbidden;
        var lease = await Leases.LockAsync(session, command.RunId, cancellation);
        if (lease is null || lease.Fence != command.Fence || !await IsSilentAsync(session, command.RunId, Grace(lease, settings), cancellation))
            return Outcome.Already(command.RunId);
        var stream = await session.Events.FetchForWriting<Run>(StreamKeys.Run(command.RunId), cancellation);
        session.SignedBy(command.By);
        if (stream.Aggregate is { } run)
            stream.AppendMany(LoseLease.Decide(run, lease, $"worker {lease.WorkerId} was silent for more than {Grace(lease, settings).TotalSeconds:0} s", settings.MaxDeaths));
        Leases.End(session, command.RunId);
        return Outcome.Done(command.RunId);
    }

    private static TimeSpan Grace(Lease lease, LabSettings settings) => lease.MayBeOffline ? settings.OfflineGrace : settings.LeaseGrace;

    private static async Task<bool> IsSilentAsync(IDocumentSession session, string runId, TimeSpan grace, CancellationToken cancellation)
    {
        await using var command = await session.CommandAsync("select renewed_at < now() - $3 from lab.worker_lease where tenant_id = $1 and run_id = $2", cancellation, session.TenantId, runId, grace);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }
}
