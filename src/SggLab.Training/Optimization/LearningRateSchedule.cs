namespace SggLab.Training.Optimization;

/// <summary>
/// The learning rate of each step, as transformers' get_*_schedule_with_warmup give it: rising linearly from 0 over the warm-up, then linear
/// to 0, half a cosine to 0, or constant.
/// </summary>
/// <param name="kind">linear, cosine or constant.</param>
/// <param name="peak">Learning rate after the warm-up.</param>
/// <param name="warmupRatio">Share of the steps, rounded up, that warm up.</param>
public sealed class LearningRateSchedule(string kind, double peak, double warmupRatio, int totalSteps)
{
    private readonly int _warmup = (int)Math.Ceiling(warmupRatio * totalSteps);

    /// <param name="step">Counts from 0: the first step's rate is At(0), which is 0 if there is a warm-up.</param>
    public double At(int step)
    {
        if (step < _warmup)
            return peak * step / Math.Max(1, _warmup);
        var left = Math.Max(1, totalSteps - _warmup);
        return kind switch
        {
            "constant" => peak,
            "linear" => peak * Math.Max(0, (totalSteps - step) / (double)left),
            "cosine" => peak * Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * (step - _warmup) / left))),
            _ => throw new ArgumentException($"Schedule '{kind}' is not known; give linear, cosine or constant."),
        };
    }
}
