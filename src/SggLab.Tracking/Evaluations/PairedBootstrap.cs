namespace SggLab.Tracking.Evaluations;

/// <summary>
/// The difference of two evaluations of the same images, with a 95% interval: images are drawn with replacement, both evaluations' figures of an image together.
/// Drawn from a fixed seed, so that the same two evaluations always give the same interval.
/// </summary>
public static class PairedBootstrap
{
    private const int Draws = 2000;
    private const ulong Seed = 0x9E3779B97F4A7C15;

    /// <param name="figures">Per image; null where the image has nothing to find.</param>
    /// <param name="baseline">The same images in the same order.</param>
    /// <returns>Mean difference and its interval, or null where the two share no image.</returns>
    public static (double Mean, double Low, double High)? Difference(IReadOnlyList<double?> figures, IReadOnlyList<double?> baseline)
    {
        if (figures.Count != baseline.Count)
            return null;
        double[] pairs = [.. figures.Zip(baseline).Where(pair => pair is { First: not null, Second: not null }).Select(pair => pair.First!.Value - pair.Second!.Value)];
        if (pairs.Length == 0 || pairs.Any(double.IsNaN))
            return null;
        var means = new double[Draws];
        var state = Seed;
        for (var draw = 0; draw < Draws; draw++)
        {
            var sum = 0.0;
            for (var i = 0; i < pairs.Length; i++)
                sum += pairs[(int)((UInt128)Next(ref state) * (ulong)pairs.Length >> 64)];
            means[draw] = sum / pairs.Length;
        }
        Array.Sort(means);
        return (pairs.Average(), means[(int)(0.025 * Draws)], means[(int)(0.975 * Draws) - 1]);
    }

    /// <summary>SplitMix64 (Steele, Lea and Flood 2014).</summary>
    private static ulong Next(ref ulong state)
    {
        state = unchecked(state + 0x9E3779B97F4A7C15);
        var z = unchecked((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return z ^ (z >> 31);
    }
}
