using SggLab.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Grpo;

/// <summary>Smallest, mean and largest ratio of policy to sampler over counted tokens (or sequences).</summary>
public readonly record struct RatioFigures(double Min, double Sum, double Max, double Count)
{
    public static RatioFigures None { get; } = new(double.PositiveInfinity, 0, double.NegativeInfinity, 0);
    public static RatioFigures operator +(RatioFigures a, RatioFigures b) => new(Math.Min(a.Min, b.Min), a.Sum + b.Sum, Math.Max(a.Max, b.Max), a.Count + b.Count);
}

/// <summary>
/// Truncated importance sampling: weighs each token's loss by how much likelier the policy found it than the sampler that drew it, bounded above
/// (TRL's vllm_importance_sampling_correction and its four modes). B sequences, T tokens.
/// </summary>
public static class SamplerCorrection
{
    /// <summary>The factors, [B,T] for token modes and [B,1] for sequence modes, without gradient; and what they were after the bound.</summary>
    /// <param name="old_BT">Log-probabilities under the policy as it was when the rollouts were drawn.</param>
    /// <param name="sampled_BT">Log-probabilities under the sampler.</param>
    /// <param name="mask_BT">1 where a token counts and the sampler's log-probability is known.</param>
    /// <param name="mode">token_truncate, token_mask, sequence_truncate or sequence_mask.</param>
    /// <param name="largest">Above it a truncated ratio stays at it, a masked one becomes 0.</param>
    public static (Tensor Factors, RatioFigures Figures) Of(Tensor old_BT, Tensor sampled_BT, Tensor mask_BT, string mode, double largest)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var difference_BT = (old_BT.detach() - sampled_BT) * mask_BT;
        var ofSequence = mode.StartsWith("sequence_", StringComparison.Ordinal);
        var ratio = (ofSequence ? difference_BT.sum(1, keepdim: true) : difference_BT).exp();
        var bounded = mode switch
        {
            "token_truncate" or "sequence_truncate" => ratio.AtMost(largest),
            "token_mask" or "sequence_mask" => ratio * ratio.Above(largest).logical_not().to_type(ratio.dtype),
            _ => throw new ArgumentException($"Mode '{mode}' is not known; give token_truncate, token_mask, sequence_truncate or sequence_mask."),
        };
        var counted = ofSequence ? bounded.flatten() : bounded.masked_select(mask_BT.Above(0));
        var figures = counted.numel() == 0 ? RatioFigures.None
            : new RatioFigures(counted.min().Number(), counted.sum().Number(), counted.max().Number(), counted.numel());
        return (bounded.MoveToOuterDisposeScope(), figures);
    }
}
