namespace SggLab.Training.Grpo;

/// <summary>The factor on each reward of a variant at each step: its weight, rising from 0 over its warm-up (reward_warmup_steps of the reference's trainer).</summary>
/// <param name="weights">One a reward; empty = 1 each.</param>
/// <param name="warmupSteps">One a reward; 0 = at once; empty = none rises.</param>
public sealed class RewardWeights(int rewards, IReadOnlyList<double> weights, IReadOnlyList<int> warmupSteps)
{
    /// <param name="step">Steps done before this one: at the first step a reward that warms up counts 0.</param>
    public double[] At(int step)
    {
        var factors = new double[rewards];
        for (var i = 0; i < rewards; i++)
        {
            var warmup = warmupSteps.Count == 0 ? 0 : warmupSteps[i];
            factors[i] = (weights.Count == 0 ? 1 : weights[i]) * (warmup > 0 ? Math.Min(1.0, step / (double)warmup) : 1);
        }
        return factors;
    }
}
