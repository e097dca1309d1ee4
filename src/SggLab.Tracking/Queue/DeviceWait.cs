using SggLab.Contracts.Api;

namespace SggLab.Tracking.Queue;

/// <summary>Says for which workers a queued run waits, where not every worker can compute it.</summary>
public static class DeviceWait
{
    private const string Gpu = "cuda";

    /// <summary>null where a worker that has the device is free, or where every worker has it.</summary>
    /// <param name="device">What the run computes on.</param>
    public static string? Why(string device, IReadOnlyList<WorkerSummary> workers)
    {
        if (device != Gpu)
            return null;
        var able = workers.Where(worker => worker.Device == Gpu && worker.State is "busy" or "idle").ToList();
        return able.Count == 0 ? "waits for a worker with a GPU; none is connected"
            : able.All(worker => worker.State == "busy") ? "waits for a worker with a GPU; all of them are busy"
            : null;
    }

    /// <summary>As <see cref="Why"/>, a sentence with what to do.</summary>
    /// <param name="run">The run's name.</param>
    public static string? Explain(string run, string device, IReadOnlyList<WorkerSummary> workers) =>
        NoWorkerFor([(run, device)], workers) ?? (Why(device, workers) is { } why ? $"{run} {why}. It starts when one of them is free; the queue and `./sgglab status` show what they do." : null);

    /// <summary>A sentence with the remedy; null where all of the runs have a worker, or will have one.</summary>
    /// <param name="runs">Names and devices of queued runs.</param>
    public static string? NoWorkerFor(IEnumerable<(string Name, string Device)> runs, IReadOnlyList<WorkerSummary> workers)
    {
        if (workers.Any(worker => worker.Device == Gpu && worker.State is "busy" or "idle"))
            return null;
        var names = runs.Where(run => run.Device == Gpu).Select(run => run.Name).ToList();
        return names.Count == 0 ? null
            : $"{string.Join(", ", names.Take(3))}{(names.Count > 3 ? $" and {names.Count - 3} more" : "")} {(names.Count == 1 ? "waits" : "wait")} for a worker with a GPU; none is connected. " +
              "Start one where there is a GPU (`./sgglab worker run --server URL --token-file FILE`, with the CUDA build or --libtorch), or set device: cpu.";
    }
}
