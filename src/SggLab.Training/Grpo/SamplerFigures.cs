using SggLab.Contracts.Specs;
using SggLab.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Grpo;

/// <summary>How far the sampler was from the trainer: sums over the tokens whose log-probability the sampler told, and the factors that correct for it.</summary>
/// <param name="Gap">Sum of |log-probability at the sampler - at the trainer|.</param>
/// <param name="Factors">On the loss; null where it is not corrected.</param>
internal sealed record SamplerFigures(double Tokens, double Gap, double LargestGap, RatioFigures Ratio, Tensor? Factors)
{
    public static SamplerFigures None { get; } = new(0, 0, 0, RatioFigures.None, null);

    public static SamplerFigures operator +(SamplerFigures a, SamplerFigures b) =>
        new(a.Tokens + b.Tokens, a.Gap + b.Gap, Math.Max(a.LargestGap, b.LargestGap), a.Ratio + b.Ratio, null);

    /// <param name="old_BT">The trainer's log-probabilities when the rollouts were drawn.</param>
    public static SamplerFigures Of(GrpoRow[] rows, Tensor old_BT, GrpoSettings settings, Device device)
    {
        if (PolicyScores.Sampled(rows, device) is not var (sampled_BT, known_BT))
            return None;
        using var off = no_grad();
        var gap_BT = (sampled_BT - old_BT.detach()).abs() * known_BT;
        var (factors, ratio) = settings.SamplerCorrection == "none" ? ((Tensor?)null, RatioFigures.None)
            : SamplerCorrection.Of(old_BT, sampled_BT, known_BT, settings.SamplerCorrection, settings.SamplerCorrectionMax);
        return new SamplerFigures(known_BT.sum().Number(), gap_BT.sum().Number(), gap_BT.max().Number(), ratio, factors);
    }
}
