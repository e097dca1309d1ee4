using SggLab.Contracts.Api;
using SggLab.Web.Charts;

namespace SggLab.Web.Comparisons;

/// <summary>One metric of all runs in one chart.</summary>
public sealed record ComparedChart(MetricLook Metric, ChartModel Model)
{
    private const int MostCharts = 9, MostAsked = 24;

    /// <summary>The metric asked for, or the telling ones: rewards first, no learning rates or speeds.</summary>
    public static IReadOnlyList<string> Choose(IReadOnlyList<string> metrics, string? asked)
    {
        if (asked is { Length: > 0 })
            return metrics.Contains(asked) ? [asked] : [];
        return [.. MetricLook.Arrange(metrics).Where(group => group.Name is not (MetricLook.Machine or MetricLook.Others)).SelectMany(group => group.Metrics).Select(metric => metric.Name).Take(MostAsked)];
    }

    /// <summary>Nothing but zeros, such as clipped ratios of a policy that is updated once a step.</summary>
    private static bool IsFlat(ComparedChart chart) => chart.Model.Lines.All(line => line.Values.All(value => value is null or 0));

    public static int PointsFor(int charts) => charts == 1 ? 1200 : 320;

    public static IReadOnlyList<ComparedChart> Of(IReadOnlyList<Curve> curves, IReadOnlyList<string> metrics, IReadOnlyList<ComparedLine> lines, int smooth) =>
    [
        // What all of them measured first: a reward that only one variant has compares nothing.
        .. metrics.Select(metric => new ComparedChart(MetricLook.Of(metric), ChartModel.Of(
            [.. lines.SelectMany(line => curves.Where(curve => curve.RunId == line.Run.Id && curve.Metric == metric)
                .Select(curve => new LabelledCurve(curve, line.Label, $"--variant-{line.Look.Key}", line.Dash)))], smooth))).Where(chart => !chart.Model.IsEmpty)
            .OrderByDescending(chart => chart.Model.Lines.Count(line => !line.Faint)).ThenBy(IsFlat).Take(MostCharts),
    ];
}
