using TorchSharp;
using static TorchSharp.torch;

// Shapes: N scored tokens, C tokens of a chunk, D hidden, V vocabulary rows.
namespace SggLab.Modeling;

/// <summary>How the model rates given tokens.</summary>
/// <param name="LogProbs">[N] f32: log-probabilities over the whole vocabulary; differentiable.</param>
/// <param name="Entropies">[N] f32: entropy of each distribution in nats, without gradient; null unless asked for.</param>
public sealed record TokenScores(Tensor LogProbs, Tensor? Entropies)
{
    /// <summary>Rows of the head's input that are scored at a time: bounds the logits in memory to this many rows of the vocabulary.</summary>
    private const long ChunkElements = 1 << 24;

    /// <param name="hidden_ND">The states that predict, after the final norm.</param>
    /// <param name="lm_head_VD">The head's weight.</param>
    /// <param name="labels_N">i64.</param>
    /// <param name="temperature">Logits are divided by it first.</param>
    /// <param name="chunk">Tokens a time, or 0 for as many as keep the logits below 64 MB.</param>
    /// <param name="kept_NK">Ids among which each token is rated; null for the whole vocabulary.</param>
    internal static TokenScores Of(Tensor hidden_ND, Tensor lm_head_VD, Tensor labels_N, double temperature, bool entropies, int chunk = 0, Tensor? kept_NK = null)
    {
        var rows = chunk > 0 ? chunk : (int)Math.Max(1, ChunkElements / lm_head_VD.size(0));
        // Not a second result: TorchSharp lets the collector move the list of results without gradient while libtorch reads it.
        var aside = entropies ? new Tensor[1] : null;
        var logProbs_N = Scoring.apply(hidden_ND, lm_head_VD, labels_N, temperature, aside!, rows, kept_NK!);
        return new TokenScores(logProbs_N, aside?[0]);
    }

    /// <summary>
    /// Log-probabilities through the head, chunk by chunk: the logits of a chunk are made, used and dropped, and made
    /// again on the way back.
    /// </summary>
    private sealed class Scoring : autograd.SingleTensorFunction<Scoring>
    {
        public override string Name => "TokenScores";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (hidden_ND, head_VD, labels_N) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
            var (temperature, aside, rows, kept_NK) = ((double)vars[3], (Tensor[]?)vars[4], (int)vars[5], (Tensor?)vars[6]);
            var count = hidden_ND.size(0);
            var logProbs_N = empty([count], ScalarType.Float32, hidden_ND.device);
            var normalisers_N = empty([count], ScalarType.Float32, hidden_ND.device);
            var entropies_N = aside is null ? null : aside[0] = empty([count], ScalarType.Float32, hidden_ND.device);
            for (long start = 0; start < count; start += rows)
            {
                using var scope = NewDisposeScope();
                var size = Math.Min(rows, count - start);
                var logits_CV = Among(kept_NK?.narrow(0, start, size), Logits(hidden_ND.narrow(0, start, size), head_VD, temperature));
                var normalisers_C = FusedSteps.LogSumExp(logits_CV);
                var labels_C1 = labels_N.narrow(0, start, size).unsqueeze(1);
                normalisers_N.narrow(0, start, size).copy_(normalisers_C);
                logProbs_N.narrow(0, start, size).copy_(logits_CV.gather(1, labels_C1).squeeze(1) - normalisers_C);
                if (entropies_N is not null)
                {
                    var probabilities_CV = (logits_CV - normalisers_C.unsqueeze(1)).exp_();
                    // A token that is not kept has no probability, and its logit of minus infinity no share.
                    entropies_N.narrow(0, start, size).copy_(normalisers_C - (probabilities_CV * (kept_NK is null ? logits_CV : logits_CV.AtLeast(float.MinValue))).sum(-1));
                }
            }
            ctx.save_for_backward(kept_NK is null ? [hidden_ND, head_VD, labels_N, normalisers_N] : [hidden_ND, head_VD, labels_N, normalisers_N, kept_NK]);
            ctx.save_data("temperature", temperature);
            ctx.save_data("rows", rows);
            ctx.save_data("hidden", hidden_ND.requires_grad);
            ctx.save_data("head", head_VD.requires_grad);
            return logProbs_N;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (hidden_ND, head_VD, labels_N, normalisers_N) = (saved[0], saved[1], saved[2], saved[3]);
            var (temperature, rows) = ((double)ctx.get_data("temperature"), (int)ctx.get_data("rows"));
            var (gradient_N, kept_NK) = (grad_output, saved.Count > 4 ? saved[4] : null);
            var toHidden = (bool)ctx.get_data("hidden") ? empty_like(hidden_ND) : null;
            // Sums of many chunks are kept in f32 whatever the weights are.
            var toHead = (bool)ctx.get_data("head") ? zeros_like(head_VD, ScalarType.Float32) : null;
            for (long start = 0; start < hidden_ND.size(0); start += rows)
            {
                using var chunk = NewDisposeScope();
                var size = Math.Min(rows, hidden_ND.size(0) - start);
                var hidden_CD = hidden_ND.narrow(0, start, size);
                // d logprob / d logits = onehot(label) - softmax(logits), and logits = hidden head^T / temperature.
                var scaled_C1 = gradient_N.narrow(0, start, size).Over(temperature).unsqueeze(1);
                var toLogits_CV = FusedSteps.Probabilities(Among(kept_NK?.narrow(0, start, size), Logits(hidden_CD, head_VD, temperature)), normalisers_N.narrow(0, start, size).unsqueeze(1), -scaled_C1);
                toLogits_CV.scatter_add_(1, labels_N.narrow(0, start, size).unsqueeze(1), scaled_C1);
                var typed_CV = toLogits_CV.to_type(head_VD.dtype);
                toHidden?.narrow(0, start, size).copy_(typed_CV.mm(head_VD));
                if (toHead is not null && head_VD.dtype == ScalarType.Float32)
                    toHead.addmm_(typed_CV.t(), hidden_CD, 1, 1);
                else
                    toHead?.Add(typed_CV.t().mm(hidden_CD));
            }
            return GradientHandover.Return([grad_output], toHidden, toHead?.to_type(head_VD.dtype), null, null, null, null, null);
        }

        /// <summary>The logits with minus infinity for every token that is not among the kept.</summary>
        private static Tensor Among(Tensor? kept_CK, Tensor logits_CV) =>
            // The logarithm of 1 where a token is kept and of 0 elsewhere.
            kept_CK is null ? logits_CV : logits_CV.Add(zeros_like(logits_CV).scatter_(1, kept_CK, ones_like(kept_CK, logits_CV.dtype)).log_());

        private static Tensor Logits(Tensor hidden_CD, Tensor head_VD, double temperature)
        {
            var logits_CV = hidden_CD.matmul(head_VD.t()).to_type(ScalarType.Float32);
            return temperature == 1 ? logits_CV : logits_CV.Divide(temperature);
        }
    }
}
