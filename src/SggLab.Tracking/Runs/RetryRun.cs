using Marten;
using SggLab.Tracking.Access;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Runs;

/// <summary>Puts a failed or cancelled run back into the queue; it goes on from its newest full checkpoint. Answers with the state it is in by that: queued.</summary>
public sealed record RetryRun(Actor By, string RunId) : ILabCommand<string>
{
    public IReadOnlyList<string> Shows(string answer) => [StreamKeys.Run(RunId)];
}

public static class RetryRunHandler
{
    private const string Queued = "queued";

    public static async Task<Outcome<string>> HandleAsync(RetryRun command, IDocumentSession session, CancellationToken cancellation)
    {
        if (Permissions.ToWrite(command.By) is { } forbidden)
            return forbidden;
        var stream = await session.Events.FetchForWriting<Run>(StreamKeys.Run(command.RunId), cancellation);
        if (stream.Aggregate is not { } run)
            return CancelRunHandler.Unknown(command.RunId);
        var (outcome, decided) = Decide(command, run);
        session.SignedBy(command.By);
        stream.AppendMany(decided);
        return outcome;
    }

    internal static (Outcome<string>, IReadOnlyList<object>) Decide(RetryRun command, Run run) => run.Phase switch
    {
        RunPhase.Queued => (Outcome.Already(Queued), []),
        RunPhase.Failed or RunPhase.Cancelled => (Outcome.Done(Queued),
            [new RunRequeued(run.RunId, run.ExperimentId, run.Attempt, $"retried by {command.By.Name}", RequeueCause.Retried)]),
        var other => (Refusal.Conflict($"Run {run.Name} is {other.ToString().ToLowerInvariant()}; only a failed or cancelled run can be retried."), []),
    };
}
