using SggLab.Contracts.Api;
using SggLab.Tracking.Access;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Workers;

namespace SggLab.Tracking;

/// <summary>What `sgglab status` shows.</summary>
public sealed class StatusQueries(RunQueries runs, WorkerQueries workers)
{
    public async Task<SiteStatus> GetAsync(Actor by, CancellationToken cancellation = default) =>
        new(true, await runs.ListAsync(by, new RunFilter(Limit: 1000), cancellation), await workers.ListAsync(by, cancellation));
}
