using SggLab.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Grpo;

/// <summary>How the token losses of a step are divided.</summary>
/// <param name="Loss">grpo (mean over sequences of their token means), bnpo (mean over tokens), dr_grpo (by a constant length) or dapo (mean over the tokens of the whole step).</param>
/// <param name="EpsilonLow">The ratio counts down to 1 - this.</param>
/// <param name="EpsilonHigh">The ratio counts up to 1 + this.</param>
/// <param name="Beta">Weight of the k3 KL to the reference policy; 0 = none.</param>
/// <param name="SequenceLevel">One ratio a sequence (GSPO) instead of one a token.</param>
/// <param name="MaxCompletionTokens">The constant of dr_grpo.</param>
public sealed record GrpoObjective(string Loss, double EpsilonLow, double EpsilonHigh, double Beta, bool SequenceLevel, int MaxCompletionTokens);

/// <summary>What the token losses are divided by: counts of the whole step (global) or of the micro-batch alone (the reference's way).</summary>
/// <param name="Tokens">Completion tokens that count.</param>
/// <param name="Sequences">Completions.</param>
/// <param name="MicroBatches">1 for global; the number of micro-batches whose losses are averaged otherwise.</param>
public readonly record struct GrpoNormaliser(double Tokens, double Sequences, int MicroBatches = 1);

/// <summary>Sums of one micro-batch, so that a step's means are exact however it was cut.</summary>
/// <param name="LeastClipLow">Share that the lower bound cut in the sequence where it cut least.</param>
/// <param name="MostClipHigh">Share that the upper bound cut in the sequence where it cut most.</param>
public sealed record GrpoSums(double Tokens, double Sequences, double Kl, double ClipLow, double ClipHigh, double Weight, double LeastClipLow, double MostClipHigh)
{
    public static GrpoSums Zero { get; } = new(0, 0, 0, 0, 0, 0, double.PositiveInfinity, 0);
    public static GrpoSums operator +(GrpoSums a, GrpoSums b) =>
        new(a.Tokens + b.Tokens, a.Sequences + b.Sequences, a.Kl + b.Kl, a.ClipLow + b.ClipLow, a.ClipHigh + b.ClipHigh, a.Weight + b.Weight,
            Math.Min(a.LeastClipLow, b.LeastClipLow), Math.Max(a.MostClipHigh, b.MostClipHigh));
    /// <summary>Mean k3 KL over tokens.</summary>
    public double MeanKl => Tokens > 0 ? Kl / Tokens : 0;
    /// <summary>Share of tokens (of sequences at sequence level) that the lower bound cut.</summary>
    public double MeanClipLow => Weight > 0 ? ClipLow / Weight : 0;
    public double MeanClipHigh => Weight > 0 ? ClipHigh / Weight : 0;
}

/// <summary>
/// The GRPO objective (arXiv 2504.13617 section 3; TRL's loss types): tensors in, loss and sums out. B sequences, T completion tokens;
/// mask_BT is 1 where a completion token counts. Equal to the goldens in tests/golden/qwen.
/// </summary>
public static class GrpoLoss
{
    /// <param name="logps_BT">Log-probabilities under the policy being trained; carries the gradient.</param>
    /// <param name="old_BT">Log-probabilities when the rollouts were drawn; null where the policy has not moved since (ratio 1).</param>
    /// <param name="reference_BT">Log-probabilities under the reference policy; needed where beta is above 0.</param>
    /// <param name="correction">Factors [B,T] or [B,1] on the policy's part of the loss, for a sampler that was not quite the policy; null for none.</param>
    public static (Tensor Loss, GrpoSums Sums) Compute(Tensor logps_BT, Tensor? old_BT, Tensor? reference_BT, Tensor mask_BT, Tensor advantages_B,
        GrpoObjective objective, GrpoNormaliser normaliser, Tensor? correction = null)
    {
        using var scope = NewDisposeScope();
        var tokens_B = mask_BT.sum(1);
        var logRatio_BT = logps_BT - (old_BT ?? logps_BT.detach());
        var logRatio = objective.SequenceLevel ? ((logRatio_BT * mask_BT).sum(1) / tokens_B.AtLeast(1)).unsqueeze(1) : logRatio_BT;
        var ratio = logRatio.exp();
        var clipped = ratio.AtLeast(1 - objective.EpsilonLow).AtMost(1 + objective.EpsilonHigh);
        var advantages_B1 = advantages_B.unsqueeze(1);
        var loss_BT = -minimum(ratio * advantages_B1, clipped * advantages_B1);
        if (correction is not null)
            loss_BT = loss_BT * correction;
        var kl_BT = reference_BT is null ? null : K3(logps_BT, reference_BT);
        if (objective.Beta > 0)
            loss_BT = loss_BT.Plus((kl_BT ?? throw new ArgumentException("beta is above 0, so the reference's log-probabilities are needed.")).Times(objective.Beta));
        var loss = Normalise(loss_BT * mask_BT, tokens_B, objective, normaliser).Over(normaliser.MicroBatches);
        return (loss.MoveToOuterDisposeScope(), Sums(ratio, mask_BT, tokens_B, advantages_B1, kl_BT, objective));
    }

    /// <summary>Schulman's k3 estimate of KL(policy, reference), never negative.</summary>
    private static Tensor K3(Tensor logps_BT, Tensor reference_BT)
    {
        var difference_BT = reference_BT - logps_BT;
        return (difference_BT.exp() - difference_BT).Plus(-1);
    }

    private static Tensor Normalise(Tensor masked_BT, Tensor tokens_B, GrpoObjective objective, GrpoNormaliser normaliser) => objective.Loss switch
    {
        "grpo" => (masked_BT.sum(1) / tokens_B.AtLeast(1)).sum().Over(normaliser.Sequences),
        "bnpo" or "dapo" => masked_BT.sum().Over(Math.Max(normaliser.Tokens, 1)),
        "dr_grpo" => masked_BT.sum().Over(normaliser.Sequences * objective.MaxCompletionTokens),
        var other => throw new ArgumentException($"Loss '{other}' is not known; give grpo, bnpo, dr_grpo or dapo."),
    };

    private static GrpoSums Sums(Tensor ratio, Tensor mask_BT, Tensor tokens_B, Tensor advantages_B1, Tensor? kl_BT, GrpoObjective objective)
    {
        using var noGradient = no_grad();
        var weight = objective.SequenceLevel ? ones_like(ratio) : mask_BT;
        var low = ratio.Below(1 - objective.EpsilonLow).logical_and(advantages_B1.Below(0)).to_type(weight.dtype) * weight;
        var high = ratio.Above(1 + objective.EpsilonHigh).logical_and(advantages_B1.Above(0)).to_type(weight.dtype) * weight;
        var counted_B = weight.sum(1).AtLeast(1);
        return new GrpoSums(tokens_B.sum().Number(), mask_BT.shape[0], kl_BT is null ? 0 : (kl_BT * mask_BT).sum().Number(),
            low.sum().Number(), high.sum().Number(), weight.sum().Number(), (low.sum(1) / counted_B).min().Number(), (high.sum(1) / counted_B).max().Number());
    }
}
