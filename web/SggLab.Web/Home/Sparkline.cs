using System.Globalization;
using System.Text;
using SggLab.Contracts.Api;

namespace SggLab.Web.Home;

/// <summary>A curve small enough for a card: an SVG path in a box of 100 by 28.</summary>
public sealed record Sparkline(string Metric, string Path, double Last)
{
    public const int Points = 80, Width = 100, Height = 28;

    /// <summary>One a run: of its reward, or else its loss.</summary>
    public static Dictionary<string, Sparkline> Of(IReadOnlyList<Curve> curves) =>
        curves.GroupBy(curve => curve.RunId).Select(run => run.MaxBy(curve => curve.Metric == "reward"))
            .Where(curve => curve is { Values.Count: > 1 }).ToDictionary(curve => curve!.RunId, curve => Of(curve!));

    public static Sparkline Of(Curve curve)
    {
        var values = Charts.Smoothing.Mean(curve.Values, 0.6);
        var known = values.Where(double.IsFinite).DefaultIfEmpty(0).ToList();
        var (low, high) = (known.Min(), known.Max());
        var (first, last) = (curve.Steps[0], curve.Steps[^1]);
        var path = new StringBuilder();
        for (var i = 0; i < values.Count; i++)
        {
            if (!double.IsFinite(values[i]))
                continue;
            var x = last == first ? Width : (curve.Steps[i] - first) * (double)Width / (last - first);
            var y = high == low ? Height / 2.0 : Height - 2 - (values[i] - low) / (high - low) * (Height - 4);
            path.Append(CultureInfo.InvariantCulture, $"{(path.Length == 0 ? 'M' : 'L')}{x:0.#} {y:0.#}");
        }
        return new Sparkline(curve.Metric, path.ToString(), curve.Values[^1]);
    }
}
