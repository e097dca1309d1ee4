namespace SggLab.Web.Charts;

/// <summary>The running mean of a noisy curve.</summary>
public static class Smoothing
{
    /// <summary>Exponential mean, corrected for its start at zero (as TensorBoard's); what is no number passes by.</summary>
    /// <param name="weight">Share of the past, 0..1; 0 gives the values themselves.</param>
    public static IReadOnlyList<double> Mean(IReadOnlyList<double> values, double weight)
    {
        if (weight <= 0)
            return values;
        weight = Math.Min(weight, 0.999);
        var smoothed = new double[values.Count];
        double mean = 0, known = 0;
        for (var i = 0; i < values.Count; i++)
        {
            if (double.IsFinite(values[i]))
            {
                mean = mean * weight + values[i] * (1 - weight);
                known = known * weight + (1 - weight);
            }
            smoothed[i] = known > 0 && double.IsFinite(values[i]) ? mean / known : double.NaN;
        }
        return smoothed;
    }
}
