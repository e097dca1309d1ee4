using TorchSharp;
using static TorchSharp.torch;

// Shapes: R rows (everything before the last dimension), D width of a row.
namespace SggLab.Modeling;

/// <summary>
/// Small steps of the model that libtorch makes of many passes over memory, as one pass forward and one back. For f32 on
/// the CPU; elsewhere, and for other types, libtorch's own operators are used. Sums over rows are taken in fixed blocks,
/// so that the number of threads changes no bit.
/// </summary>
internal static class FusedSteps
{
    /// <summary>Elements of which the rows of a mask have a multiple.</summary>
    internal const int MaskAlignment = 16;

    private static bool Fits(Tensor x) => x.dtype == ScalarType.Float32 && x.device_type == DeviceType.CPU;

    /// <summary>x / sqrt(mean(x^2) + eps) * weight over the last dimension.</summary>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double eps) =>
        Fits(x) ? NormStep.apply(x, weight, eps) : TorchDispatcher.RmsNorm(x, weight, eps);

    /// <summary>silu(gate) * up.</summary>
    public static Tensor Gate(Tensor gate, Tensor up) =>
        Fits(gate) ? GateStep.apply(gate, up) : nn.functional.silu(gate) * up;

    /// <summary>x * sigmoid(1.702 x).</summary>
    public static Tensor QuickGelu(Tensor x) =>
        Fits(x) ? QuickGeluStep.apply(x) : x * sigmoid(x.Times(1.702));

    /// <summary>Turns the pairs (i, i + d/2) of each head; cosines and signed sines [...,1,d] hold for all heads of a token.</summary>
    public static Tensor Turn(Tensor x, Tensor cos, Tensor signedSin) =>
        Fits(x) && cos.dtype == ScalarType.Float32 && x.dim() >= 2 && cos.numel() / cos.size(-1) * x.size(-2) == x.numel() / x.size(-1)
            ? TurnStep.apply(x, cos, signedSin)
            // rotate_half swaps the halves and negates the first: a roll, with the sign moved into the sine.
            : (x * cos).AddProduct(x.roll(x.size(-1) / 2, -1), signedSin);

    /// <summary>Attention of q [B,T,H,d] over k, v [B,T,K,d], where K divides H (grouped queries).</summary>
    /// <param name="mask">See <see cref="Mask"/>; null where causality alone decides, or nothing.</param>
    /// <remarks>Without causality libtorch's is the faster.</remarks>
    /// <returns>[B,T,H,d]</returns>
    public static Tensor Attention(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal)
    {
        if (Fits(q) && causal && q.size(1) > 0)
            return AttentionStep.apply(q, k, v);
        // Of libtorch's kernels that hold no [B,H,T,T] of scores, those that take a mask or f32 want a key-value head for each head.
        if (q.size(2) != k.size(2) && (mask is not null || q.dtype == ScalarType.Float32))
            (k, v) = (Repeated(k, q.size(2)), Repeated(v, q.size(2)));
        return TorchDispatcher.Attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), mask, causal).transpose(1, 2);
    }

    /// <summary>[B,T,K,d] to [B,T,H,d]: each head's own copy of what it shares.</summary>
    private static Tensor Repeated(Tensor x, long heads) =>
        x.unsqueeze(3).expand(x.size(0), x.size(1), x.size(2), heads / x.size(2), x.size(3)).flatten(2, 3);

    /// <summary>What <see cref="Attention"/> adds to its scores: 0 where a token may look and minus infinity elsewhere. Made once for all layers, which would each make and keep their own.</summary>
    /// <param name="looks">[B,1,T,T], true where a token may look.</param>
    /// <param name="type">Of queries and keys.</param>
    public static Tensor Mask(Tensor looks, ScalarType type)
    {
        // Rows begin where libtorch's kernels want them to: they would make a copy otherwise.
        var (rows, tokens) = (looks.size(0), looks.size(3));
        return empty([rows, 1, tokens, (tokens + MaskAlignment - 1) / MaskAlignment * MaskAlignment], type, looks.device).narrow(3, 0, tokens).copy_(looks).log_();
    }

    /// <summary>The logarithm of the sum of the exponentials of each row.</summary>
    /// <param name="x">[R,D], contiguous.</param>
    /// <returns>[R]</returns>
    public static Tensor LogSumExp(Tensor x)
    {
        if (!Fits(x))
            return x.logsumexp(-1);
        var result = empty(x.size(0), ScalarType.Float32);
        FusedKernels.Here.LogSumExp(x, result);
        return result;
    }

    /// <summary>x = exp(x - logSum) * factor in place, row by row.</summary>
    /// <param name="x">[R,D], contiguous.</param>
    /// <param name="logSums_R1">[R,1]</param>
    /// <param name="factors_R1">[R,1]</param>
    public static Tensor Probabilities(Tensor x, Tensor logSums_R1, Tensor factors_R1)
    {
        if (!Fits(x))
            return x.sub_(logSums_R1).exp_().mul_(factors_R1);
        FusedKernels.Here.Probabilities(x, logSums_R1.contiguous(), factors_R1.contiguous());
        return x;
    }

    private sealed class AttentionStep : autograd.SingleTensorFunction<AttentionStep>
    {
        public override string Name => "Attention";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var (q, k, v) = (Rows(vars[0]), Rows(vars[1]), Rows(vars[2]));
            var (result, logSums) = (empty(q.shape, ScalarType.Float32), empty(q.numel() / q.size(-1), ScalarType.Float32));
            FusedKernels.Here.Attention(q, k, v, logSums, result);
            ctx.save_for_backward([q, k, v, logSums]);
            foreach (var kept in new[] { q, k, v, logSums })
                kept.MoveToOuterDisposeScope();
            return result.MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (toQ, toK, toV) = (empty(saved[0].shape, ScalarType.Float32), empty(saved[1].shape, ScalarType.Float32), empty(saved[2].shape, ScalarType.Float32));
            FusedKernels.Here.AttentionBack(Rows(grad_output), saved[0], saved[1], saved[2], saved[3], toQ, toK, toV);
            return GradientHandover.Return([grad_output], toQ, toK, toV);
        }

        /// <summary>Heads may lie apart; the values of one may not.</summary>
        private static Tensor Rows(object tensor) => ((Tensor)tensor).stride(3) == 1 ? ((Tensor)tensor).alias() : ((Tensor)tensor).contiguous();
    }

    private sealed class NormStep : autograd.SingleTensorFunction<NormStep>
    {
        public override string Name => "RmsNorm";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var (x, weight) = (((Tensor)vars[0]).contiguous(), (Tensor)vars[1]);
            var rows = x.numel() / x.size(-1);
            var (result, scales) = (empty_like(x), empty(rows, ScalarType.Float32));
            FusedKernels.Here.Norm(x, weight, (float)(double)vars[2], result, scales);
            ctx.save_for_backward([x, weight, scales]);
            x.MoveToOuterDisposeScope();
            scales.MoveToOuterDisposeScope();
            return result.MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (toX, toWeight) = (empty_like(saved[0]), empty_like(saved[1]));
            FusedKernels.Here.NormBack(grad_output.contiguous(), saved[0], saved[1], saved[2], toX, toWeight);
            return GradientHandover.Return([grad_output], toX, toWeight, null);
        }
    }

    private sealed class GateStep : autograd.SingleTensorFunction<GateStep>
    {
        public override string Name => "Gate";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (gate, up) = ((Tensor)vars[0], (Tensor)vars[1]);
            var result = empty_like(gate);
            FusedKernels.Here.Gate(gate, up, result);
            ctx.save_for_backward([gate, up]);
            return result;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (toGate, toUp) = (empty_like(saved[0]), empty_like(saved[0]));
            FusedKernels.Here.GateBack(grad_output.contiguous(), saved[0], saved[1], toGate, toUp);
            return GradientHandover.Return([grad_output], toGate, toUp);
        }
    }

    private sealed class QuickGeluStep : autograd.SingleTensorFunction<QuickGeluStep>
    {
        public override string Name => "QuickGelu";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var x = ((Tensor)vars[0]).contiguous();
            var result = empty(x.shape, ScalarType.Float32);
            FusedKernels.Here.QuickGelu(x, result);
            ctx.save_for_backward([x]);
            x.MoveToOuterDisposeScope();
            return result.MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var toX = empty(saved[0].shape, ScalarType.Float32);
            FusedKernels.Here.QuickGeluBack(grad_output.contiguous(), saved[0], toX);
            return GradientHandover.Return([grad_output], toX);
        }
    }

    private sealed class TurnStep : autograd.SingleTensorFunction<TurnStep>
    {
        public override string Name => "Turn";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var (x, cos, sin) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
            var result = empty(x.shape, ScalarType.Float32);
            FusedKernels.Here.Turn(x.contiguous(), cos, sin, result, 1);
            ctx.save_for_backward([cos, sin]);
            return result.MoveToOuterDisposeScope();
        }

        // A rotation's transpose is the rotation back.
        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var result = empty(grad_output.shape, ScalarType.Float32);
            FusedKernels.Here.Turn(grad_output.contiguous(), saved[0], saved[1], result, -1);
            return GradientHandover.Return([grad_output], result, null, null);
        }
    }
}
