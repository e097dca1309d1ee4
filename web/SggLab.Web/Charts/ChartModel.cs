using SggLab.Contracts.Api;

namespace SggLab.Web.Charts;

/// <summary>What the drawing module needs and no more: a common x axis and a column of values a line.</summary>
/// <param name="X">Steps, rising.</param>
public sealed record ChartModel(IReadOnlyList<int> X, IReadOnlyList<ChartLine> Lines)
{
    public static ChartModel Empty { get; } = new([], []);

    public bool IsEmpty => X.Count == 0;

    /// <summary>Lines over one axis; where a smoothing is asked, each curve gives a faint line of what was measured and a strong one of its mean.</summary>
    /// <param name="smooth">0..99: the share of the past in the running mean, in percent.</param>
    public static ChartModel Of(IReadOnlyList<LabelledCurve> curves, int smooth)
    {
        var drawn = curves.Where(curve => curve.Curve.Steps.Count > 0).ToList();
        int[] axis = [.. drawn.SelectMany(curve => curve.Curve.Steps).Distinct().Order()];
        var faint = smooth > 0 && drawn.Count <= MostWithRawLines
            ? drawn.Select(curve => Line(curve, curve.Curve.Values, axis) with { Faint = true }) : [];
        var strong = drawn.Select(curve => Line(curve, Smoothing.Mean(curve.Curve.Values, smooth / 100.0), axis));
        return new ChartModel(axis, [.. faint, .. strong]);
    }

    /// <summary>More raw lines than that make a fog.</summary>
    private const int MostWithRawLines = 6;

    private static ChartLine Line(LabelledCurve curve, IReadOnlyList<double> values, int[] axis)
    {
        var column = new double?[axis.Length];
        for (int i = 0, at = 0; i < values.Count; i++)
        {
            at = Array.BinarySearch(axis, at, axis.Length - at, curve.Curve.Steps[i]);
            column[at] = Short(values[i]);
        }
        return new ChartLine(curve.Label, curve.Colour, curve.Dash, false, column);
    }

    /// <summary>Five significant digits are more than a screen shows, and a third of the bytes. What is no number leaves a gap.</summary>
    private static double? Short(double value)
    {
        if (!double.IsFinite(value))
            return null;
        if (value == 0)
            return 0;
        var scale = Math.Pow(10, 4 - Math.Floor(Math.Log10(Math.Abs(value))));
        return double.IsFinite(scale) && scale > 0 ? Math.Round(value * scale) / scale : value;
    }
}

/// <param name="Colour">A CSS variable's name such as --variant-hard, resolved when it is drawn, so that a change of theme recolours it.</param>
/// <param name="Dash">0 whole; 1, 2, … ever other dashes: the seeds of one variant share the colour.</param>
public sealed record ChartLine(string Label, string Colour, int Dash, bool Faint, IReadOnlyList<double?> Values);

public sealed record LabelledCurve(Curve Curve, string Label, string Colour, int Dash = 0);
