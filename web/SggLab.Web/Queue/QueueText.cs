using SggLab.Contracts.Api;
using SggLab.Tracking.Queue;

namespace SggLab.Web.Queue;

/// <summary>The queue in words.</summary>
public static class QueueText
{
    private static readonly string[] s_states = ["busy", "idle", "silent", "lost"];

    /// <summary>Those that work first, the lost last.</summary>
    public static IReadOnlyList<WorkerSummary> Arrange(IReadOnlyList<WorkerSummary> workers) =>
        [.. workers.OrderBy(worker => Array.IndexOf(s_states, worker.State) is var at and >= 0 ? at : s_states.Length).ThenByDescending(worker => worker.LastSeen)];

    public static string Summary(IReadOnlyList<QueueItem> queue, IReadOnlyList<WorkerSummary> workers)
    {
        var waiting = queue.Count(item => item.Run.State is "queued" or "waiting");
        var running = queue.Count(item => item.Run.State == "running");
        return string.Join(", ", new[] { running > 0 ? $"{running} running" : "", $"{waiting} waiting", $"{workers.Count(worker => worker.State is "idle")} free workers" }.Where(part => part.Length > 0));
    }

    public static string Why(QueueItem item, IReadOnlyList<WorkerSummary> workers) => item switch
    {
        { Run.State: "running" } => $"running, {Runs.RunText.Steps(item.Run)}",
        { WaitsFor: not null, Run.Message: { } why } => why,
        { WaitsFor: { } start } => $"{start} must complete first: it starts from its checkpoint",
        _ when workers.All(worker => worker.State is "lost") => "no worker is connected",
        _ when DeviceWait.Why(item.Device, workers) is { } device => device,
        _ when workers.Any(worker => worker.State is "idle") => "a worker takes it in a moment",
        _ => "all workers are busy",
    };

    public static string State(string state) => state switch { "busy" => "Busy", "idle" => "Free", "silent" => "Silent", "lost" => "Gone", _ => state };

    public static string Tone(string state) => state switch { "busy" => "run", "idle" => "good", "silent" => "wait", _ => "off" };

    /// <summary>What a worker's card says beside its run's name; null where the name says it all.</summary>
    public static string? Note(WorkerSummary worker) => worker switch
    {
        { State: "silent" or "lost", RunId: not null } => "It has not been heard of for a while; its run goes back into the queue if it stays so.",
        { State: "silent" } => "It has not been heard of for a while. It had no run.",
        { State: "lost" } => "It is no longer connected.",
        { RunId: not null } => null,
        _ => "Waits for a run",
    };
}
