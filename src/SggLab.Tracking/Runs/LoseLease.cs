using SggLab.Tracking.Queue;

namespace SggLab.Tracking.Runs;

/// <summary>What becomes of a run whose worker went away without saying how it ended.</summary>
internal static class LoseLease
{
    /// <param name="reason">Such as: its worker w1 restarted.</param>
    /// <param name="maxDeaths">So many deaths without a new full checkpoint in between make the run fail.</param>
    public static IReadOnlyList<object> Decide(Run run, Lease lease, string reason, int maxDeaths)
    {
        if (run.Phase != RunPhase.Running || run.Fence != lease.Fence)
            return [];
        var lost = new LeaseLost(run.RunId, run.ExperimentId, run.Attempt, run.Fence, lease.WorkerId, reason);
        if (run.CancelRequested)
            return [lost, new RunCancelled(run.RunId, run.ExperimentId, run.Attempt, reason)];
        if (run.Deaths + 1 >= maxDeaths)
            return [lost, new RunFailed(run.RunId, run.ExperimentId, run.Attempt, "crashed",
                $"Its worker went away {run.Deaths + 1} times without a new checkpoint in between, the last time at attempt {run.Attempt}: {reason}. Look at the worker's log and memory, then retry the run.", run.LastFullStep)];
        return [lost, new RunRequeued(run.RunId, run.ExperimentId, run.Attempt, reason, RequeueCause.Lost)];
    }
}
