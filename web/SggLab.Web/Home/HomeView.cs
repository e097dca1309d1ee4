using SggLab.Contracts.Api;
using SggLab.Tracking.Queue;
using SggLab.Web.Look;

namespace SggLab.Web.Home;

/// <summary>What the home page says about the lab at this moment.</summary>
public sealed record HomeView
{
    public const int MostRunning = 6, MostExperiments = 20, MostActivity = 12, ActivityRead = 200;

    public static HomeView Empty { get; } = new() { Running = [], Sparks = [], Queue = [], WorkerList = [], Experiments = [], Activity = [], Best = null };

    public required IReadOnlyList<RunSummary> Running { get; init; }
    public required Dictionary<string, Sparkline> Sparks { get; init; }
    public required IReadOnlyList<QueueItem> Queue { get; init; }
    public required IReadOnlyList<WorkerSummary> WorkerList { get; init; }
    public required IReadOnlyList<ExperimentSummary> Experiments { get; init; }
    public required IReadOnlyList<ActivityLine> Activity { get; init; }
    public required LeaderboardRow? Best { get; init; }

    public Web.Queue.WorkerNames Names => Web.Queue.WorkerNames.Of(WorkerList);

    /// <summary>The first of the board that was added to last: figures of different boards do not compare. A scripted run's figures are made up and never count.</summary>
    public static LeaderboardRow? BestOf(IReadOnlyList<LeaderboardRow> rows)
    {
        var measured = rows.Where(row => row.Method != "scripted").ToList();
        return measured.MaxBy(row => row.Event) is { } newest
            ? measured.Where(row => (row.Dataset, row.Split, row.ProtocolHash) == (newest.Dataset, newest.Split, newest.ProtocolHash)).MinBy(row => row.Rank) : null;
    }

    public int Waiting => Queue.Count(item => item.Run.State is "queued" or "waiting");
    public int Workers => WorkerList.Count(IsHere);

    public string RunningNote => Running.Count == 0 ? "no run" : string.Join(", ", Running.Select(run => VariantLook.Of(run).Label).Distinct().Take(3));

    public string WaitingNote => (Waiting, Queue.Count(item => item.WaitsFor is not null)) switch
    {
        (0, _) => "nothing waits",
        (_, 0) => "next when a worker is free",
        (_, var held) => $"{held} for a run they start from",
    };

    public string WorkersNote => (Workers, WorkerList.Count(worker => worker.State == "busy")) switch
    {
        (0, _) => "none connected",
        var (all, busy) when busy == all => "all busy",
        var (_, busy) => $"{busy} busy",
    };

    public string BestNote => Best is null ? "no evaluation yet" : $"{Best.Run} on {Best.Dataset}/{Best.Split}";

    /// <summary>What to do about an idle lab.</summary>
    public string NothingRunning => (Waiting, Workers) switch
    {
        ( > 0, 0) => "Runs wait, but no worker is connected. Start one with `./sgglab worker run`, or look at `./sgglab status`.",
        ( > 0, _) when Queue.All(item => item.WaitsFor is not null) => "The waiting runs start from others that have not completed: the queue says which.",
        ( > 0, _) when Queue.All(item => item.WaitsFor is not null || DeviceWait.Why(item.Device, WorkerList) is not null) => "The next runs wait for a worker with a GPU: the queue says which.",
        ( > 0, _) => "A worker takes the next run in a moment.",
        _ => "Queue an experiment, and its runs appear here.",
    };

    private static bool IsHere(WorkerSummary worker) => worker.State is "idle" or "busy" or "silent";
}
