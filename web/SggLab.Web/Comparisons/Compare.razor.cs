using Microsoft.AspNetCore.Components;
using SggLab.Contracts.Api;
using SggLab.Tracking.Comparisons;
using SggLab.Tracking.Live;
using SggLab.Tracking.Runs;
using SggLab.Web.Charts;

namespace SggLab.Web.Comparisons;

public sealed partial class Compare
{
    private const int UsualSmoothing = 80, Offered = 100;
    private IReadOnlyList<string> _ids = [], _missing = [], _metrics = [];
    private IReadOnlyList<RunSummary> _others = [];
    private IReadOnlyList<ComparedChart> _charts = [];
    private ComparisonView _view = ComparisonView.Empty;

    [Inject] public required ComparisonQueries Comparisons { get; init; }
    [Inject] public required RunQueries Runs { get; init; }
    [Inject] public required NavigationManager Navigation { get; init; }
    [SupplyParameterFromQuery(Name = "run")] public string[]? Run { get; set; }
    [SupplyParameterFromQuery(Name = "metric")] public string? Metric { get; set; }
    [SupplyParameterFromQuery(Name = "smooth")] public int? Smooth { get; set; }

    private int Smoothed => Math.Clamp(Smooth ?? UsualSmoothing, 0, 99);

    protected override bool Concerns(LabChange change) => change.Kind is "run" or "curve" && _ids.Contains(change.Id);

    protected override async Task LoadAsync(CancellationToken cancellation)
    {
        _ids = [.. (Run ?? []).Where(id => id.Length > 0).Distinct().Take(ComparisonView.MostRuns)];
        var recent = await Runs.ListAsync(By, new RunFilter(Limit: Offered), cancellation);
        var known = await KnownAsync(recent, cancellation);
        var view = known.Count == 0 ? ComparisonView.Empty : ComparisonView.Of(await Comparisons.CompareAsync(By, known, cancellation));
        var metrics = known.Count == 0 ? [] : await Comparisons.MetricNamesAsync(By, known, cancellation);
        var asked = ComparedChart.Choose(metrics, Metric);
        var curves = asked.Count == 0 ? [] : await Comparisons.CurvesAsync(By, known, asked, ComparedChart.PointsFor(asked.Count), cancellation);
        _charts = ComparedChart.Of(curves, asked, view.Lines, Smoothed);
        (_view, _metrics) = (view, metrics);
        _missing = [.. _ids.Except(known)];
        _others = [.. recent.Where(run => !_ids.Contains(run.Id))];
    }

    /// <summary>An address may name runs that are not here (any more): the rest is compared all the same.</summary>
    private async Task<IReadOnlyList<string>> KnownAsync(IReadOnlyList<RunSummary> recent, CancellationToken cancellation)
    {
        var known = new List<string>();
        foreach (var id in _ids)
            if (recent.Any(run => run.Id == id) || await Runs.FindAsync(By, id, cancellation) is not null)
                known.Add(id);
        return known;
    }

    private void Add(ChangeEventArgs e)
    {
        if (e.Value is string { Length: > 0 } id)
            Go(Address(runs: _ids.Append(id)));
    }

    private string Address(IEnumerable<string>? runs = null, string? metric = null, int? smooth = null) =>
        LabUrls.CompareRuns(runs ?? _ids, metric ?? Metric, (smooth ?? Smooth) is { } chosen && chosen != UsualSmoothing ? chosen : null);

    private void Go(string address) => Navigation.NavigateTo(address, replace: true);
}
