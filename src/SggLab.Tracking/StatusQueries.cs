using SggLab.Contracts.Api;
using SggLab.Tracking.Access;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;
using SggLab.Tracking.Workers;

namespace SggLab.Tracking;

/// <summary>What `./sgglab status` shows.</summary>
public sealed class StatusQueries(RunQueries runs, WorkerQueries workers, QueueQueries queue, ProjectionLag lag, DeadLetters letters)
{
    public async Task<SiteStatus> GetAsync(Actor by, CancellationToken cancellation = default)
    {
        var problems = new List<string>();
        foreach (var late in await lag.LateAsync(ProjectionLag.Patience, cancellation))
            problems.Add($"{late.Name} is {late.Waiting.TotalSeconds:0} s behind the stored events; the web process's log says why.");
        foreach (var of in (await letters.ListAsync(cancellation)).GroupBy(letter => letter.Projection))
            problems.Add($"{of.Key} goes on without {of.Count()} stored event{(of.Count() == 1 ? "" : "s")} that it cannot fold, the first being {of.First().EventType} {of.First().Sequence} of {of.First().Stream}: {of.First().Problem} `./sgglab rebuild --check` lists them.");
        var there = await workers.ListAsync(by, cancellation);
        var ready = (await queue.ListAsync(by, cancellation)).Where(item => item.WaitsFor is null);
        if (DeviceWait.NoWorkerFor(ready.Select(item => (item.Run.Name, item.Device)), there) is { } noGpu)
            problems.Add(noGpu);
        return new(true, await runs.AllAsync(by, cancellation), there, problems.Count == 0 ? null : problems);
    }
}
