using Marten;
using SggLab.Contracts.Api;
using SggLab.Contracts;
using SggLab.Tracking.Access;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Workers;

/// <summary>A worker process says that it is there. A new incarnation means that the old process is dead: its leases end at once and their runs go back into the queue.</summary>
public sealed record AdmitWorker(Actor By, RegisterWorker Worker) : ILabCommand<string>;

public static class AdmitWorkerHandler
{
    public static async Task<Outcome<string>> HandleAsync(AdmitWorker command, IDocumentSession session, LabSettings settings, CancellationToken cancellation)
    {
        if (Permissions.ToWork(command.By) is { } forbidden)
            return forbidden;
        var worker = command.Worker;
        if (!LabId.IsValid(worker.Id) || !LabId.IsValid(worker.Incarnation))
            return Refusal.Invalid("A worker's id and incarnation have 1 to 80 letters, digits, '.', '_' or '-'.", LabId.IsValid(worker.Id) ? "incarnation" : "id");
        var device = SafeText.Of(worker.Device, 200);
        if (!await ArriveAsync(session, worker, device, cancellation))
            return Outcome.Already(worker.Id);
        session.SignedByWorker(worker.Id);
        foreach (var lease in await Leases.LockOfWorkerAsync(session, worker.Id, cancellation))
        {
            var stream = await session.Events.FetchForWriting<Run>(StreamKeys.Run(lease.RunId), cancellation);
            if (stream.Aggregate is { } run)
                stream.AppendMany(LoseLease.Decide(run, lease, $"worker {worker.Id} restarted", settings.MaxDeaths));
            Leases.End(session, lease.RunId);
        }
        session.ForTenant(LabStore.NoProject).Events.Append(StreamKeys.Worker(worker.Id), new WorkerRegistered(worker.Id, worker.Incarnation,
            SafeText.Of(worker.Machine, 200), device, worker.Threads, SafeText.Of(worker.Version, 200)));
        return Outcome.Done(worker.Id);
    }

    /// <returns>False if this very process has registered before.</returns>
    private static async Task<bool> ArriveAsync(IDocumentSession session, RegisterWorker worker, string device, CancellationToken cancellation)
    {
        await using var command = await session.CommandAsync("""
            with old as (select incarnation from lab.worker_presence where worker_id = $1)
            insert into lab.worker_presence (worker_id, incarnation, device) values ($1, $2, $3)
            on conflict (worker_id) do update set incarnation = excluded.incarnation, device = excluded.device, last_seen = now()
            returning coalesce((select incarnation from old) <> $2, true)
            """, cancellation, worker.Id, worker.Incarnation, device);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }
}
