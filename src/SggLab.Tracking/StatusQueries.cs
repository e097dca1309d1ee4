using SggLab.Contracts.Api;
using SggLab.Tracking.Access;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;
using SggLab.Tracking.Workers;

namespace SggLab.Tracking;

/// <summary>What `sgglab status` shows.</summary>
public sealed class StatusQueries(RunQueries runs, WorkerQueries workers, ProjectionLag lag)
{
    public async Task<SiteStatus> GetAsync(Actor by, CancellationToken cancellation = default)
    {
        var late = await lag.LateAsync(ProjectionLag.Patience, cancellation);
        return new(true, await runs.ListAsync(by, new RunFilter(Limit: 1000), cancellation), await workers.ListAsync(by, cancellation),
            late.Count == 0 ? null : [.. late.Select(l => $"{l.Name} is {l.Waiting.TotalSeconds:0} s behind the stored events; the web process's log says why.")]);
    }
}
