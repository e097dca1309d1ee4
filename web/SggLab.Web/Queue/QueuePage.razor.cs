using Microsoft.AspNetCore.Components;
using SggLab.Contracts.Api;
using SggLab.Tracking.Live;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Workers;

namespace SggLab.Web.Queue;

public sealed partial class QueuePage
{
    private IReadOnlyList<QueueItem> _queue = [];
    private IReadOnlyList<WorkerSummary> _workers = [];
    private WorkerNames _names = WorkerNames.None;

    [Inject] public required QueueQueries Queue { get; init; }
    [Inject] public required WorkerQueries Workers { get; init; }

    protected override bool Concerns(LabChange change) => change.Kind is "queue" or "worker" or "run";

    protected override async Task LoadAsync(CancellationToken cancellation)
    {
        _queue = await Queue.ListAsync(By, cancellation);
        _workers = QueueText.Arrange(await Workers.ListAsync(By, cancellation));
        _names = WorkerNames.Of(_workers);
    }
}
