using SggLab.Modeling;

namespace SggLab.Training.Grpo;

/// <summary>Figures of a step's rollouts under TRL's names.</summary>
internal static class GrpoFigures
{
    /// <param name="batch">The groups to learn from.</param>
    /// <param name="drawn">These and the ones that were drawn but not kept, among which those without signal are.</param>
    public static Dictionary<string, double> Of(RolloutBatch batch, RolloutBatch drawn, int groupSize)
    {
        var lengths = batch.Rollouts.Select(rollout => (double)rollout.Ids.Length).ToArray();
        var finished = batch.Rollouts.Where(rollout => rollout.Finish == FinishReason.Stop).Select(rollout => (double)rollout.Ids.Length).DefaultIfEmpty(0).ToArray();
        var figures = new Dictionary<string, double>
        {
            ["reward"] = batch.Rewards.Where(double.IsFinite).Average(),
            ["reward_std"] = Advantages.MeanDeviation(batch.Rewards, groupSize),
            ["frac_reward_zero_std"] = Advantages.FractionWithoutSignal(drawn.Rewards, groupSize),
            ["completions/mean_length"] = lengths.Average(),
            ["completions/min_length"] = lengths.Min(),
            ["completions/max_length"] = lengths.Max(),
            ["completions/clipped_ratio"] = batch.Rollouts.Count(rollout => rollout.Finish == FinishReason.Length) / (double)batch.Rollouts.Count,
            ["completions/mean_terminated_length"] = finished.Average(),
            ["completions/min_terminated_length"] = finished.Min(),
            ["completions/max_terminated_length"] = finished.Max(),
        };
        for (var k = 0; k < batch.Names.Length; k++)
        {
            var values = batch.Parts.Select(part => part[k]).Where(double.IsFinite).DefaultIfEmpty(0).ToArray();
            var mean = values.Average();
            figures[$"rewards/{batch.Names[k]}/mean"] = mean;
            figures[$"rewards/{batch.Names[k]}/std"] = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / Math.Max(1, values.Length - 1));
        }
        return figures;
    }
}

/// <summary>Sums over the micro-batches of a step's updates.</summary>
/// <param name="GradNorm">Of the last update, once it is done.</param>
internal sealed record UpdateSums(double Loss, GrpoSums Sums, double Entropy, SamplerFigures Sampler, double GradNorm)
{
    public static UpdateSums Zero { get; } = new(0, GrpoSums.Zero, 0, SamplerFigures.None, 0);

    public static UpdateSums operator +(UpdateSums a, UpdateSums b) =>
        a with { Loss = a.Loss + b.Loss, Sums = a.Sums + b.Sums, Entropy = a.Entropy + b.Entropy, Sampler = a.Sampler + b.Sampler };

    /// <summary>The mean loss of several updates on the same rollouts; the other figures are means over tokens already.</summary>
    public UpdateSums Over(int iterations) => this with { Loss = Loss / iterations };

    /// <summary>Figures of what was run through the model; those of which nothing was measured are left out.</summary>
    public IEnumerable<KeyValuePair<string, double>> Figures(bool hasReference)
    {
        yield return new("loss", Loss);
        yield return new("grad_norm", GradNorm);
        yield return new("clip_ratio/low_mean", Sums.MeanClipLow);
        yield return new("clip_ratio/low_min", double.IsFinite(Sums.LeastClipLow) ? Sums.LeastClipLow : 0);
        yield return new("clip_ratio/high_mean", Sums.MeanClipHigh);
        yield return new("clip_ratio/high_max", Sums.MostClipHigh);
        yield return new("clip_ratio/region_mean", Sums.MeanClipLow + Sums.MeanClipHigh);
        if (hasReference)
            yield return new("kl", Sums.MeanKl);
        if (Sums.Tokens > 0)
            yield return new("entropy", Entropy / Sums.Tokens);
        if (Sampler.Tokens > 0)
        {
            yield return new("sampling/sampling_logp_difference/mean", Sampler.Gap / Sampler.Tokens);
            yield return new("sampling/sampling_logp_difference/max", Sampler.LargestGap);
        }
        if (Sampler.Ratio.Count > 0)
        {
            yield return new("sampling/importance_sampling_ratio/min", Sampler.Ratio.Min);
            yield return new("sampling/importance_sampling_ratio/mean", Sampler.Ratio.Sum / Sampler.Ratio.Count);
            yield return new("sampling/importance_sampling_ratio/max", Sampler.Ratio.Max);
        }
    }
}
