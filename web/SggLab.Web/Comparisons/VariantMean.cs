using SggLab.Web.Look;

namespace SggLab.Web.Comparisons;

/// <summary>
/// A variant over its seeds: the mean of the recalls and, from three seeds on, the 95% interval of that mean (Student's t), within 0 and 1. Two seeds would
/// give one that spans nearly everything (t is 12.7 there), so they show what each came to instead.
/// </summary>
/// <param name="Low">NaN below <see cref="FewestSeeds"/>, as <paramref name="High"/>.</param>
public sealed record VariantMean(VariantLook Look, int Seeds, double Recall, double Low, double High, double Worst, double Best, double MeanRecall, double FailureRate)
{
    public const int FewestSeeds = 3;

    /// <summary>Two-sided 95% quantiles of Student's t for 1, 2, … degrees of freedom.</summary>
    private static readonly double[] s_t = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086];

    /// <summary>Within one protocol and of variants with several seeds; empty where there are none.</summary>
    public static IReadOnlyList<VariantMean> Of(IReadOnlyList<FinalRow> finals)
    {
        if (finals.Select(final => final.Evaluation.ProtocolHash).Distinct().Count() != 1)
            return [];
        List<VariantMean> means = [.. finals.GroupBy(final => final.Line.Look).OrderBy(variant => variant.Key.Order).Select(variant => Of(variant.Key, [.. variant]))];
        return means.Any(mean => mean.Seeds > 1) ? means : [];
    }

    /// <summary>The interval, or what there is in its place.</summary>
    public string Spread => Seeds switch
    {
        >= FewestSeeds => Numbers.Interval(Low, High),
        2 => $"{Numbers.Percent(Worst)} and {Numbers.Percent(Best)}; needs {FewestSeeds} seeds",
        _ => $"needs {FewestSeeds} seeds",
    };

    private static VariantMean Of(VariantLook look, IReadOnlyList<FinalRow> runs)
    {
        double[] recalls = [.. runs.Select(run => run.Evaluation.Recall)];
        var mean = recalls.Average();
        var half = double.NaN;
        if (recalls.Length >= FewestSeeds)
        {
            var deviation = Math.Sqrt(recalls.Sum(recall => (recall - mean) * (recall - mean)) / (recalls.Length - 1));
            half = s_t[Math.Min(recalls.Length - 1, s_t.Length) - 1] * deviation / Math.Sqrt(recalls.Length);
        }
        return new VariantMean(look, recalls.Length, mean, Math.Max(0, mean - half), Math.Min(1, mean + half), recalls.Min(), recalls.Max(), runs.Average(run => run.Evaluation.MeanRecall), runs.Average(run => run.Evaluation.FailureRate));
    }
}
