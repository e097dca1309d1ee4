using System.Globalization;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Grpo;

/// <summary>What a step learns from its rollouts: log-probabilities before it, then one or more updates in micro-batches.</summary>
internal sealed class GrpoUpdate(RunSession session, AdamW optimizer, ReferencePolicy? reference)
{
    private readonly GrpoSettings _settings = session.Spec.Grpo!;
    private readonly GrpoObjective _objective = ObjectiveOf(session.Spec.Grpo!);

    private Device Device => session.Model.Weights.Device;

    /// <param name="step">Counted from 1; for messages.</param>
    public UpdateSums Run(int step, GrpoRow[] rows, double rate)
    {
        var normaliser = new GrpoNormaliser(rows.Sum(row => (double)row.CountedTokens), rows.Length);
        var learning = Learning(rows);
        var parts = learning.Chunk(_settings.MicroBatchSize ?? Math.Max(1, learning.Length)).ToArray();
        if (parts.Length == 0)
            return Measure(rows);
        var old = _settings.Iterations > 1 ? parts.Select(part => PolicyScores.LogProbs(session.Model, part, _settings)).ToArray() : null;
        var total = UpdateSums.Zero;
        for (var iteration = 0; iteration < _settings.Iterations; iteration++)
        {
            for (var i = 0; i < parts.Length; i++)
            {
                using var reference_BT = reference?.LogProbs(parts[i]);
                total += Accumulate(parts[i], old?[i], reference_BT, normaliser, parts.Length, iteration);
            }
            FiniteGuard.Check(step, "loss", total.Loss, session.Parent);
            CheckGap(step, total.Sampler);
            var norm = optimizer.Step(rate, _settings.MaxGradNorm);
            FiniteGuard.Check(step, "grad_norm", norm, session.Parent);
            total = total with { GradNorm = norm };
        }
        return total.Over(_settings.Iterations);
    }

    /// <summary>A zero advantage gives a zero gradient; with a KL term or micro-batch normalisation every row matters.</summary>
    private GrpoRow[] Learning(GrpoRow[] rows) =>
        _settings.Beta == 0 && (_settings.Normalisation == "global" || _settings.Loss == "dapo") ? [.. rows.Where(row => row.Advantage != 0 && row.CountedTokens > 0)] : rows;

    /// <summary>Adds a micro-batch's share of the step's loss to the gradients.</summary>
    /// <param name="old_BT">Log-probabilities when the rollouts were drawn; null where the policy has not moved since.</param>
    /// <param name="normaliser">Of the whole step.</param>
    internal UpdateSums Accumulate(GrpoRow[] rows, Tensor? old_BT, Tensor? reference_BT, GrpoNormaliser normaliser, int microBatches, int iteration)
    {
        using var scope = NewDisposeScope();
        var mask_BT = PolicyScores.Mask(rows, Device);
        var (logps_BT, entropies_BT) = PolicyScores.Of(session.Model, rows, _settings, entropies: true);
        var advantages_B = tensor(rows.Select(row => row.Advantage).ToArray(), device: Device);
        if (_settings.Normalisation == "micro_batch" && _settings.Loss != "dapo")
            normaliser = new GrpoNormaliser(rows.Sum(row => (double)row.CountedTokens), rows.Length, microBatches);
        var sampler = SamplerFigures.Of(rows, old_BT ?? logps_BT, _settings, Device);
        var (loss, sums) = GrpoLoss.Compute(logps_BT, old_BT, reference_BT, mask_BT, advantages_B, _objective, normaliser, sampler.Factors);
        loss.backward();
        using var off = no_grad();
        // The policy moves away from the sampler with each update; how far they were apart is measured before the first.
        return new UpdateSums(loss.Number(), sums, (entropies_BT! * mask_BT).sum().Number(), iteration == 0 ? sampler : SamplerFigures.None, 0);
    }

    /// <summary>A server far from the trainer wrote what this policy would not have: nothing is learnt from that.</summary>
    private void CheckGap(int step, SamplerFigures sampler)
    {
        if (_settings.Server is not { } server || sampler.Tokens == 0 || sampler.Gap / sampler.Tokens is var gap && gap <= server.GapTolerance)
            return;
        throw new DivergedException(step, string.Create(CultureInfo.InvariantCulture, $"Server and trainer differ by {gap:G3} nats a token at step {step}, more than grpo.server.gap_tolerance ({server.GapTolerance}): ")
            + $"the server has other weights, another precision or other images. The last good checkpoint is {session.Parent ?? "the start"}.");
    }

    /// <summary>Where nothing is learnt, the figures of the first micro-batch still say how the policy does.</summary>
    private UpdateSums Measure(GrpoRow[] rows)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var first = rows.Where(row => row.CountedTokens > 0).Take(_settings.MicroBatchSize ?? rows.Length).ToArray();
        if (first.Length == 0)
            return UpdateSums.Zero;
        var mask_BT = PolicyScores.Mask(first, Device);
        var (logps_BT, entropies_BT) = PolicyScores.Of(session.Model, first, _settings, entropies: true);
        var sums = GrpoSums.Zero with { Tokens = mask_BT.sum().Number(), LeastClipLow = 0 };
        return new UpdateSums(0, sums, (entropies_BT! * mask_BT).sum().Number(), SamplerFigures.Of(first, logps_BT, _settings, Device) with { Factors = null }, 0);
    }

    private static GrpoObjective ObjectiveOf(GrpoSettings settings) => new(settings.Loss, settings.Epsilon, settings.EpsilonHigh ?? settings.Epsilon, settings.Beta,
        settings.ImportanceSampling == "sequence", settings.MaxCompletionTokens);
}
