namespace SggLab.Training.Evaluations;

/// <summary>Mean of the per-image recalls with a 95% percentile bootstrap interval over images.</summary>
/// <param name="Mean">0..1; 0 where no image has a relation.</param>
public readonly record struct RecallInterval(double Mean, double Low, double High)
{
    private const int Resamples = 2000;
    private const int Seed = 20250417;

    /// <param name="perImage">A recall an image, null where the image has no relation.</param>
    public static RecallInterval Of(IReadOnlyList<double?> perImage)
    {
        var values = perImage.OfType<double>().ToArray();
        return values.Length == 0 ? default : Bootstrap(values);
    }

    /// <summary>Interval of the mean of b - a over the images that both have: a paired bootstrap.</summary>
    public static RecallInterval OfDifference(IReadOnlyList<double?> a, IReadOnlyList<double?> b)
    {
        if (a.Count != b.Count)
            throw new ArgumentException($"Paired recalls need the same images; given were {a.Count} and {b.Count}.");
        var values = a.Zip(b, (x, y) => y - x).OfType<double>().ToArray();
        return values.Length == 0 ? default : Bootstrap(values);
    }

    private static RecallInterval Bootstrap(double[] values)
    {
        var random = new Random(Seed);
        var means = new double[Resamples];
        for (var r = 0; r < Resamples; r++)
        {
            var sum = 0.0;
            for (var i = 0; i < values.Length; i++)
                sum += values[random.Next(values.Length)];
            means[r] = sum / values.Length;
        }
        Array.Sort(means);
        return new RecallInterval(values.Average(), means[(int)(0.025 * Resamples)], means[(int)(0.975 * Resamples)]);
    }
}
