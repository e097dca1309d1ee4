using Marten;
using SggLab.Tracking.Access;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Runs;

/// <summary>A queued run is cancelled at once; a running one is asked to stop at its next step. Answers with the state it is in by that: cancelled or stopping.</summary>
public sealed record CancelRun(Actor By, string RunId, string? Reason = null) : ILabCommand<string>
{
    public IReadOnlyList<string> Shows(string answer) => [StreamKeys.Run(RunId)];
}

public static class CancelRunHandler
{
    private const string Cancelled = "cancelled", Stopping = "stopping";

    public static async Task<Outcome<string>> HandleAsync(CancelRun command, IDocumentSession session, CancellationToken cancellation)
    {
        if (Permissions.ToWrite(command.By) is { } forbidden)
            return forbidden;
        var lease = await Leases.LockAsync(session, command.RunId, cancellation);
        var stream = await session.Events.FetchForWriting<Run>(StreamKeys.Run(command.RunId), cancellation);
        if (stream.Aggregate is not { } run)
            return Unknown(command.RunId);
        var (outcome, decided) = Decide(command, run);
        session.SignedBy(command.By);
        stream.AppendMany(decided);
        if (lease is not null && decided.OfType<RunCancelRequested>().Any())
            session.QueueSqlCommand("update lab.worker_lease set stop = 'cancel' where tenant_id = ? and run_id = ?", session.TenantId, command.RunId);
        return outcome;
    }

    internal static (Outcome<string>, IReadOnlyList<object>) Decide(CancelRun command, Run run)
    {
        var reason = command.Reason is null ? null : SafeText.Of(command.Reason, 500);
        return run.Phase switch
        {
            RunPhase.Cancelled => (Outcome.Already(Cancelled), []),
            RunPhase.Queued => (Outcome.Done(Cancelled), [new RunCancelled(run.RunId, run.ExperimentId, run.Attempt, reason)]),
            RunPhase.Running when run.CancelRequested => (Outcome.Already(Stopping), []),
            RunPhase.Running => (Outcome.Done(Stopping), [new RunCancelRequested(run.RunId, run.ExperimentId, run.Attempt, reason)]),
            var over => (Refusal.Conflict($"Run {run.Name} is {over.ToString().ToLowerInvariant()}; only a queued or running run can be cancelled."), []),
        };
    }

    internal static Refusal Unknown(string runId) => Refusal.NotFound($"There is no run {SafeText.Of(runId, 80)} in this project; `./sgglab run list` shows what there is.");
}
