using SggLab.Modeling;

namespace SggLab.Training.Grpo;

/// <summary>Figures of a step's rollouts under TRL's names.</summary>
internal static class GrpoFigures
{
    public static Dictionary<string, double> Of(RolloutBatch batch, int groupSize)
    {
        var lengths = batch.Rollouts.Select(rollout => (double)rollout.Ids.Length).ToArray();
        var finished = batch.Rollouts.Where(rollout => rollout.Finish == FinishReason.Stop).Select(rollout => (double)rollout.Ids.Length).ToArray();
        var figures = new Dictionary<string, double>
        {
            ["reward"] = batch.Rewards.Average(),
            ["reward_std"] = Advantages.MeanDeviation(batch.Rewards, groupSize),
            ["frac_reward_zero_std"] = Advantages.FractionWithoutSignal(batch.Rewards, groupSize),
            ["completions/mean_length"] = lengths.Average(),
            ["completions/min_length"] = lengths.Min(),
            ["completions/max_length"] = lengths.Max(),
            ["completions/clipped_ratio"] = batch.Rollouts.Count(rollout => rollout.Finish == FinishReason.Length) / (double)batch.Rollouts.Count,
            ["completions/mean_terminated_length"] = finished.Length == 0 ? 0 : finished.Average(),
        };
        foreach (var name in batch.Scores[0].Parts.Keys)
        {
            var values = batch.Scores.Select(score => score.Parts[name]).ToArray();
            var mean = values.Average();
            figures[$"rewards/{name}/mean"] = mean;
            figures[$"rewards/{name}/std"] = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / Math.Max(1, values.Length - 1));
        }
        return figures;
    }
}

/// <summary>Sums over the micro-batches of an update.</summary>
internal sealed record UpdateSums(double Loss, GrpoSums Sums, double Entropy, double SamplerGap, double LargestSamplerGap, double GradNorm)
{
    public static UpdateSums Zero { get; } = new(0, GrpoSums.Zero, 0, 0, 0, 0);

    public static UpdateSums operator +(UpdateSums a, UpdateSums b) => new(a.Loss + b.Loss, a.Sums + b.Sums, a.Entropy + b.Entropy,
        a.SamplerGap + b.SamplerGap, Math.Max(a.LargestSamplerGap, b.LargestSamplerGap), Math.Max(a.GradNorm, b.GradNorm));

    /// <summary>The mean loss of several updates on the same rollouts; the other figures are means over tokens already.</summary>
    public UpdateSums Over(int iterations) => this with { Loss = Loss / iterations };

    public IEnumerable<KeyValuePair<string, double>> Figures(bool hasReference)
    {
        var tokens = Math.Max(1, Sums.Tokens);
        yield return new("loss", Loss);
        yield return new("grad_norm", GradNorm);
        yield return new("entropy", Entropy / tokens);
        yield return new("clip_ratio/low_mean", Sums.MeanClipLow);
        yield return new("clip_ratio/high_mean", Sums.MeanClipHigh);
        yield return new("clip_ratio/region_mean", Sums.MeanClipLow + Sums.MeanClipHigh);
        yield return new("sampling/sampling_logp_difference/mean", SamplerGap / tokens);
        yield return new("sampling/sampling_logp_difference/max", LargestSamplerGap);
        if (hasReference)
            yield return new("kl", Sums.MeanKl);
    }
}
