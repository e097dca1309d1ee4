using System.Globalization;
using SggLab.Contracts;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>A metric as the mean of ratios of sums over images, so that it can be worked out again for any draw of images.</summary>
public sealed class ResampledMetric
{
    private readonly Func<EvaluationReport, ImageFigures, IEnumerable<(int Group, double Part, double Whole)>> _parts;
    private readonly Func<EvaluationReport, int> _groups;
    private readonly bool _onlySeen;

    private ResampledMetric(
        string name, Func<EvaluationReport, ImageFigures, IEnumerable<(int, double, double)>> parts, Func<EvaluationReport, int>? groups = null, bool onlySeen = false)
    {
        Name = name;
        _parts = parts;
        _groups = groups ?? (_ => 1);
        _onlySeen = onlySeen;
    }

    public string Name { get; }

    /// <summary>failure_rate, pooled_recall, R@K, mR@K, corrected_R@K and corrected_mR@K for K of 20, 50 and 100.</summary>
    public static IReadOnlyList<ResampledMetric> All { get; } =
    [
        new("failure_rate", (_, i) => i.HasPrediction ? [(0, i.Failure is null ? 0 : 1, 1)] : []),
        new("pooled_recall", (_, i) => i.PooledRecall is { } share ? [(0, share * i.Relations.Count, i.Relations.Count)] : []),
        .. AtK.Ks.Select(k => new ResampledMetric(At("R", k), (_, i) => i.Recall is { } recall ? [(0, recall[k], 1)] : [])),
        .. AtK.Ks.Select(k => new ResampledMetric(At("mR", k), (_, i) => i.Recall is null ? [] : SharesByPredicate(i, k), r => r.PredicateCount)),
        .. AtK.Ks.Select(k => new ResampledMetric(At("corrected_R", k), (_, i) => i.CorrectedRecall is { } recall ? [(0, recall[k], 1)] : [])),
        .. AtK.Ks.Select(k => new ResampledMetric(At("corrected_mR", k), (_, i) => SharesByPredicate(i, k), r => r.PredicateCount, onlySeen: true)),
    ];

    public static ResampledMetric Find(string name) =>
        All.FirstOrDefault(m => m.Name == name)
        ?? throw new LabException($"There is no metric \"{name}\" to resample. Known: {string.Join(", ", All.Select(m => m.Name))}.");

    /// <summary>What each image adds, in the order of the report's images.</summary>
    internal Contributions Of(EvaluationReport report) =>
        new([.. report.Images.Select(i => _parts(report, i).ToArray())], _groups(report), _onlySeen);

    private static string At(string name, int k) => string.Create(CultureInfo.InvariantCulture, $"{name}@{k}");

    private static IEnumerable<(int, double, double)> SharesByPredicate(ImageFigures image, int k) => image.Relations
        .GroupBy(r => r.Predicate)
        .Select(g => (g.Key - 1, g.Count(r => r.FirstRow < k) / (double)g.Count(), 1.0));

    /// <param name="OnlySeen">Groups that no drawn image has are left out of the mean; otherwise they count as 0.</param>
    internal sealed record Contributions((int Group, double Part, double Whole)[][] Images, int Groups, bool OnlySeen)
    {
        /// <param name="weights">How often each image was drawn.</param>
        public double Value(ReadOnlySpan<int> weights)
        {
            var parts = new double[Groups];
            var wholes = new double[Groups];
            for (var i = 0; i < Images.Length; i++)
            {
                if (weights[i] == 0) continue;
                foreach (var (group, part, whole) in Images[i])
                {
                    parts[group] += weights[i] * part;
                    wholes[group] += weights[i] * whole;
                }
            }
            var (sum, seen) = (0.0, 0);
            for (var g = 0; g < Groups; g++)
            {
                if (wholes[g] == 0) continue;
                sum += parts[g] / wholes[g];
                seen++;
            }
            // A single ratio without a whole is undefined, not 0.
            return sum / (OnlySeen || Groups == 1 ? seen : Groups);
        }
    }
}
