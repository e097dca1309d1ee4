using Npgsql;
using SggLab.Contracts.Api;
using SggLab.Tracking.Access;

namespace SggLab.Tracking.Queue;

/// <summary>A worker's beat: no event, only worker_lease knows. The answer says whether the run should stop.</summary>
public sealed record KeepLease(Actor By, string RunId, int Attempt, long Fence) : ILabCommand<LeaseRenewed>;

public static class KeepLeaseHandler
{
    public static async Task<Outcome<LeaseRenewed>> HandleAsync(KeepLease command, NpgsqlDataSource source, LabSettings settings, CancellationToken cancellation)
    {
        if (Permissions.ToWork(command.By) is { } forbidden)
            return forbidden;
        await using var update = source.CreateCommand("""
            with kept as (update lab.worker_lease set renewed_at = now() where tenant_id = $1 and run_id = $2 and attempt = $3 and fence = $4 returning worker_id, stop),
                 seen as (update lab.worker_presence p set last_seen = now() from kept where p.worker_id = kept.worker_id)
            select coalesce(stop, '') from kept
            """);
        foreach (var value in (ReadOnlySpan<object>)[command.By.Project, command.RunId, command.Attempt, command.Fence])
            update.Parameters.Add(new NpgsqlParameter { Value = value });
        return await update.ExecuteScalarAsync(cancellation) is string stop
            ? Outcome.Done(new LeaseRenewed((int)Math.Max(1, settings.LeaseTtl.TotalSeconds), stop.Length == 0 ? null : stop))
            : Refusal.Conflict($"Attempt {command.Attempt} of run {SafeText.Of(command.RunId, 80)} with fence {command.Fence} holds no lease any more: the run ended or went to another worker. Stop working on it.");
    }
}
