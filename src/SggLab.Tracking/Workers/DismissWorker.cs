using Npgsql;
using SggLab.Tracking.Access;

namespace SggLab.Tracking.Workers;

/// <summary>A worker process says that it ends, and is listed no more: that it left cleanly is nothing to look after. It can register again at any time.</summary>
/// <param name="Incarnation">Of the process that ends; another process under the same id stays.</param>
public sealed record DismissWorker(Actor By, string WorkerId, string Incarnation) : ILabCommand<string>;

public static class DismissWorkerHandler
{
    public static async Task<Outcome<string>> HandleAsync(DismissWorker command, NpgsqlDataSource source, CancellationToken cancellation)
    {
        if (Permissions.ToWork(command.By) is { } forbidden)
            return forbidden;
        // One that still holds a run did not end cleanly: it stays listed until its lease is over.
        await using var gone = source.CreateCommand("""
            with gone as (delete from lab.worker_presence p where p.worker_id = $1 and p.incarnation = $2
                and not exists (select 1 from lab.worker_lease l where l.worker_id = p.worker_id) returning p.worker_id)
            select worker_id, pg_notify('sgglab_changes', '|worker|' || worker_id) from gone
            """);
        foreach (var value in (ReadOnlySpan<string>)[command.WorkerId, command.Incarnation])
            gone.Parameters.Add(new NpgsqlParameter { Value = value });
        return await gone.ExecuteScalarAsync(cancellation) is null ? Outcome.Already(command.WorkerId) : Outcome.Done(command.WorkerId);
    }
}
