using Microsoft.AspNetCore.Components;
using SggLab.Contracts.Api;
using SggLab.Web.Charts;
using SggLab.Web.Look;

namespace SggLab.Web.Runs;

/// <summary>A run's curves, group by group.</summary>
public sealed partial class RunCurves
{
    /// <summary>Points a curve: about one a pixel of its chart.</summary>
    public const int Points = 360;
    public const int UsualSmoothing = 60;

    private IReadOnlyList<MetricGroup> _groups = [];
    private Dictionary<string, ChartModel> _models = [];
    private (IReadOnlyList<Curve>?, int) _made;

    [Parameter, EditorRequired] public required IReadOnlyList<Curve> Curves { get; set; }
    [Parameter, EditorRequired] public required int Smooth { get; set; }
    [Parameter] public EventCallback<int> SmoothChanged { get; set; }
    [Parameter, EditorRequired] public required RunDetail Run { get; set; }

    protected override void OnParametersSet()
    {
        if (_made == (Curves, Smooth))
            return;
        _made = (Curves, Smooth);
        var look = VariantLook.Of(Run.Run);
        _groups = MetricLook.Arrange(Curves.Where(curve => curve.Steps.Count > 0).Select(curve => curve.Metric));
        _models = Curves.ToDictionary(curve => curve.Metric, curve =>
            ChartModel.Of([new LabelledCurve(curve, MetricLook.Of(curve.Metric).Title, $"--variant-{look.Key}")], Smooth));
    }
}
