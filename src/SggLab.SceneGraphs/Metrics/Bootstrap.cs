using SggLab.Contracts;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>A figure and the interval that holds it in 95 of 100 draws of images.</summary>
public sealed record BootstrapInterval(string Metric, double Value, double Low, double High);

/// <summary>Two prediction sets over the same images.</summary>
/// <param name="Difference">B minus A; Low and High bound it in 95 of 100 draws.</param>
/// <param name="PValue">Two-sided: how often a draw of images would turn the sign of the difference.</param>
public sealed record BootstrapComparison(string Metric, double A, double B, double Difference, double Low, double High, double PValue);

/// <summary>Percentile bootstrap over images (Efron 1979; paired: Koehn 2004): images are drawn with replacement, the same draw for both sets.</summary>
public static class Bootstrap
{
    public const int DefaultSamples = 2000;
    public const int DefaultSeed = 42;

    public static IReadOnlyList<BootstrapInterval> Intervals(
        EvaluationReport report, IEnumerable<ResampledMetric>? metrics = null, int samples = DefaultSamples, int seed = DefaultSeed)
    {
        var used = (metrics ?? ResampledMetric.All).ToList();
        var contributions = used.Select(m => m.Of(report)).ToList();
        var draws = Draw(report.Images.Count, samples, seed, weights => [.. contributions.Select(c => c.Value(weights))]);
        var once = Ones(report.Images.Count);
        return [.. used.Select((m, i) =>
        {
            var (low, high) = Middle(draws.Select(d => d[i]));
            return new BootstrapInterval(m.Name, contributions[i].Value(once), low, high);
        })];
    }

    /// <exception cref="LabException">The reports are not over the same images.</exception>
    public static IReadOnlyList<BootstrapComparison> Compare(
        EvaluationReport a, EvaluationReport b, IEnumerable<ResampledMetric>? metrics = null, int samples = DefaultSamples, int seed = DefaultSeed)
    {
        if (!a.Images.Select(i => i.ImageId).SequenceEqual(b.Images.Select(i => i.ImageId), StringComparer.Ordinal))
            throw new LabException($"The two evaluations are over different images ({a.Images.Count} and {b.Images.Count}); a paired test wants the same ground truth in the same order.");
        var used = (metrics ?? ResampledMetric.All).ToList();
        var ofA = used.Select(m => m.Of(a)).ToList();
        var ofB = used.Select(m => m.Of(b)).ToList();
        var draws = Draw(a.Images.Count, samples, seed, weights => [.. used.Select((_, i) => ofB[i].Value(weights) - ofA[i].Value(weights))]);
        var once = Ones(a.Images.Count);
        return [.. used.Select((m, i) =>
        {
            var differences = draws.Select(d => d[i]).Where(d => !double.IsNaN(d)).ToList();
            var (low, high) = Middle(differences);
            var (valueA, valueB) = (ofA[i].Value(once), ofB[i].Value(once));
            return new BootstrapComparison(m.Name, valueA, valueB, valueB - valueA, low, high, PValue(differences));
        })];
    }

    // One is added to both counts, so that no finite number of draws claims certainty.
    private static double PValue(List<double> differences)
    {
        var below = (1.0 + differences.Count(d => d <= 0)) / (1 + differences.Count);
        var above = (1.0 + differences.Count(d => d >= 0)) / (1 + differences.Count);
        return Math.Min(1, 2 * Math.Min(below, above));
    }

    private static (double Low, double High) Middle(IEnumerable<double> values)
    {
        var sorted = values.Where(v => !double.IsNaN(v)).Order().ToArray();
        return sorted.Length == 0 ? (double.NaN, double.NaN) : (At(0.025), At(0.975));

        double At(double quantile)
        {
            var position = quantile * (sorted.Length - 1);
            var below = (int)position;
            var above = Math.Min(below + 1, sorted.Length - 1);
            return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
        }
    }

    private static List<double[]> Draw(int images, int samples, int seed, Func<int[], double[]> values)
    {
        var random = new Random(seed);
        var weights = new int[images];
        var draws = new List<double[]>(samples);
        for (var sample = 0; sample < samples; sample++)
        {
            Array.Clear(weights);
            for (var i = 0; i < images; i++) weights[random.Next(images)]++;
            draws.Add(values(weights));
        }
        return draws;
    }

    private static int[] Ones(int count)
    {
        var ones = new int[count];
        Array.Fill(ones, 1);
        return ones;
    }
}
