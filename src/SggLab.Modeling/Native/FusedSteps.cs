using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
    /// <param name="mask">[B,1,T,T], true where a token may look; null where causality alone decides, or nothing.</param>
    /// <remarks>Without causality libtorch's is the faster.</remarks>
    /// <returns>[B,T,H,d]</returns>
    public static Tensor Attention(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal) =>
        Fits(q) && causal && q.size(1) > 0
            ? AttentionStep.apply(q, k, v)
            : TorchDispatcher.Attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), mask, causal).transpose(1, 2);

    /// <summary>The logarithm of the sum of the exponentials of each row.</summary>
    /// <param name="x">[R,D], contiguous.</param>
    /// <returns>[R]</returns>
    public static Tensor LogSumExp(Tensor x)
    {
        if (!Fits(x))
            return x.logsumexp(-1);
        var result = empty(x.size(0), ScalarType.Float32);
        FusedKernels.LogSumExp(x, result);
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
        FusedKernels.Probabilities(x, logSums_R1.contiguous(), factors_R1.contiguous());
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
            if (Vector512.IsHardwareAccelerated)
                CpuAttention<Lanes16>.Forward(q, k, v, logSums, result);
            else
                CpuAttention<Lanes8>.Forward(q, k, v, logSums, result);
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
            if (Vector512.IsHardwareAccelerated)
                CpuAttention<Lanes16>.Backward(Rows(grad_output), saved[0], saved[1], saved[2], saved[3], toQ, toK, toV);
            else
                CpuAttention<Lanes8>.Backward(Rows(grad_output), saved[0], saved[1], saved[2], saved[3], toQ, toK, toV);
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
            FusedKernels.Norm(x, weight, (float)(double)vars[2], result, scales);
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
            FusedKernels.NormBack(grad_output.contiguous(), saved[0], saved[1], saved[2], toX, toWeight);
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
            FusedKernels.Gate(gate, up, result);
            ctx.save_for_backward([gate, up]);
            return result;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (toGate, toUp) = (empty_like(saved[0]), empty_like(saved[0]));
            FusedKernels.GateBack(grad_output.contiguous(), saved[0], saved[1], toGate, toUp);
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
            FusedKernels.QuickGelu(x, result);
            ctx.save_for_backward([x]);
            x.MoveToOuterDisposeScope();
            return result.MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var toX = empty(saved[0].shape, ScalarType.Float32);
            FusedKernels.QuickGeluBack(grad_output.contiguous(), saved[0], toX);
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
            FusedKernels.Turn(x.contiguous(), cos, sin, result, 1);
            ctx.save_for_backward([cos, sin]);
            return result.MoveToOuterDisposeScope();
        }

        // A rotation's transpose is the rotation back.
        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var result = empty(grad_output.shape, ScalarType.Float32);
            FusedKernels.Turn(grad_output.contiguous(), saved[0], saved[1], result, -1);
            return GradientHandover.Return([grad_output], result, null, null);
        }
    }
}

/// <summary>The loops of <see cref="FusedSteps"/> over contiguous f32 memory.</summary>
internal static unsafe class FusedKernels
{
    private const int W = 8; // f32 values of a 256-bit vector
    private const int RowsABlock = 64;
    private const int ValuesABlock = 1 << 15;

    /// <param name="scales">[R], 1 / rms of each row, for the way back.</param>
    public static void Norm(Tensor x, Tensor weight, float eps, Tensor result, Tensor scales)
    {
        var width = (int)x.size(-1);
        var (from, to, by, scale) = (Address(x), Address(result), Address(weight), Address(scales));
        Blocks(x.numel() / width, RowsABlock, (first, last) =>
        {
            for (var r = first; r < last; r++)
                ((float*)scale)[r] = NormRow((float*)from + r * width, (float*)by, (float*)to + r * width, width, eps);
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float NormRow(float* x, float* weight, float* result, int width, float eps)
    {
        var (squares, rest, i) = (Vector256<float>.Zero, 0f, 0);
        for (; i + W <= width; i += W)
            squares = Vector256.FusedMultiplyAdd(Vector256.Load(x + i), Vector256.Load(x + i), squares);
        for (; i < width; i++)
            rest += x[i] * x[i];
        var scale = 1 / MathF.Sqrt((Vector256.Sum(squares) + rest) / width + eps);
        var by = Vector256.Create(scale);
        for (i = 0; i + W <= width; i += W)
            (Vector256.Load(x + i) * by * Vector256.Load(weight + i)).Store(result + i);
        for (; i < width; i++)
            result[i] = x[i] * scale * weight[i];
        return scale;
    }

    public static void NormBack(Tensor gradient, Tensor x, Tensor weight, Tensor scales, Tensor toX, Tensor toWeight)
    {
        var width = (int)x.size(-1);
        var rows = x.numel() / width;
        var blocks = (rows + RowsABlock - 1) / RowsABlock;
        using var parts = zeros(blocks, width); // Each block's share of the weight's gradient.
        var (g, from, by, scale, to, part) = (Address(gradient), Address(x), Address(weight), Address(scales), Address(toX), Address(parts));
        Blocks(rows, RowsABlock, (first, last) =>
        {
            for (var r = first; r < last; r++)
                NormBackRow((float*)g + r * width, (float*)from + r * width, (float*)by, ((float*)scale)[r], (float*)to + r * width, (float*)part + first / RowsABlock * width, width);
        });
        using var sum = parts.sum(dim: 0);
        toWeight.copy_(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NormBackRow(float* gradient, float* x, float* weight, float scale, float* toX, float* toWeight, int width)
    {
        var (dots, rest, i) = (Vector256<float>.Zero, 0f, 0);
        var by = Vector256.Create(scale);
        for (; i + W <= width; i += W)
        {
            var gx = Vector256.Load(gradient + i) * Vector256.Load(x + i);
            dots = Vector256.FusedMultiplyAdd(gx, Vector256.Load(weight + i), dots);
            Vector256.FusedMultiplyAdd(gx, by, Vector256.Load(toWeight + i)).Store(toWeight + i);
        }
        for (; i < width; i++)
        {
            rest += gradient[i] * x[i] * weight[i];
            toWeight[i] += gradient[i] * x[i] * scale;
        }
        var back = -(Vector256.Sum(dots) + rest) / width * scale * scale * scale;
        var pull = Vector256.Create(back);
        for (i = 0; i + W <= width; i += W)
            Vector256.FusedMultiplyAdd(Vector256.Load(x + i), pull, Vector256.Load(gradient + i) * Vector256.Load(weight + i) * by).Store(toX + i);
        for (; i < width; i++)
            toX[i] = x[i] * back + gradient[i] * weight[i] * scale;
    }

    public static void LogSumExp(Tensor x, Tensor result)
    {
        var width = (int)x.size(-1);
        var (from, to) = (Address(x), Address(result));
        Blocks(x.size(0), Math.Max(1, ValuesABlock / width), (first, last) =>
        {
            for (var r = first; r < last; r++)
                ((float*)to)[r] = Vector512.IsHardwareAccelerated ? CpuKernels<Lanes16>.LogSum((float*)from + r * width, width) : CpuKernels<Lanes8>.LogSum((float*)from + r * width, width);
        });
    }

    public static void Probabilities(Tensor x, Tensor logSums, Tensor factors)
    {
        var width = (int)x.size(-1);
        var (row, log, by) = (Address(x), Address(logSums), Address(factors));
        Blocks(x.size(0), Math.Max(1, ValuesABlock / width), (first, last) =>
        {
            for (var r = first; r < last; r++)
            {
                if (Vector512.IsHardwareAccelerated)
                    CpuKernels<Lanes16>.Probabilities((float*)row + r * width, ((float*)log)[r], ((float*)by)[r], width);
                else
                    CpuKernels<Lanes8>.Probabilities((float*)row + r * width, ((float*)log)[r], ((float*)by)[r], width);
            }
        });
    }

    public static void Gate(Tensor gate, Tensor up, Tensor result)
    {
        var (g, u, to) = (Address(gate), Address(up), Address(result));
        Blocks(gate.numel(), ValuesABlock, (first, last) => GateValues((float*)g + first, (float*)u + first, (float*)to + first, (int)(last - first)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GateValues(float* gate, float* up, float* result, int count)
    {
        var i = 0;
        for (; i + W <= count; i += W)
        {
            var x = Vector256.Load(gate + i);
            (x / (Vector256<float>.One + Vector256.Exp(-x)) * Vector256.Load(up + i)).Store(result + i);
        }
        for (; i < count; i++)
            result[i] = gate[i] / (1 + MathF.Exp(-gate[i])) * up[i];
    }

    public static void GateBack(Tensor gradient, Tensor gate, Tensor up, Tensor toGate, Tensor toUp)
    {
        var (g, x, u, dx, du) = (Address(gradient), Address(gate), Address(up), Address(toGate), Address(toUp));
        Blocks(gate.numel(), ValuesABlock, (first, last) =>
            GateBackValues((float*)g + first, (float*)x + first, (float*)u + first, (float*)dx + first, (float*)du + first, (int)(last - first)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GateBackValues(float* gradient, float* gate, float* up, float* toGate, float* toUp, int count)
    {
        var i = 0;
        for (; i + W <= count; i += W)
        {
            var (g, x) = (Vector256.Load(gradient + i), Vector256.Load(gate + i));
            var sigmoid = Vector256<float>.One / (Vector256<float>.One + Vector256.Exp(-x));
            (g * x * sigmoid).Store(toUp + i);
            (g * Vector256.Load(up + i) * sigmoid * (Vector256<float>.One + x * (Vector256<float>.One - sigmoid))).Store(toGate + i);
        }
        for (; i < count; i++)
        {
            var sigmoid = 1 / (1 + MathF.Exp(-gate[i]));
            toUp[i] = gradient[i] * gate[i] * sigmoid;
            toGate[i] = gradient[i] * up[i] * sigmoid * (1 + gate[i] * (1 - sigmoid));
        }
    }

    private const float QuickGeluSlope = 1.702f;

    public static void QuickGelu(Tensor x, Tensor result)
    {
        var (from, to) = (Address(x), Address(result));
        Blocks(x.numel(), ValuesABlock, (first, last) => QuickGeluValues((float*)from + first, (float*)to + first, (int)(last - first)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void QuickGeluValues(float* x, float* result, int count)
    {
        var i = 0;
        var slope = Vector256.Create(-QuickGeluSlope);
        for (; i + W <= count; i += W)
        {
            var v = Vector256.Load(x + i);
            (v / (Vector256<float>.One + Vector256.Exp(v * slope))).Store(result + i);
        }
        for (; i < count; i++)
            result[i] = x[i] / (1 + MathF.Exp(-QuickGeluSlope * x[i]));
    }

    public static void QuickGeluBack(Tensor gradient, Tensor x, Tensor toX)
    {
        var (g, from, to) = (Address(gradient), Address(x), Address(toX));
        Blocks(x.numel(), ValuesABlock, (first, last) => QuickGeluBackValues((float*)g + first, (float*)from + first, (float*)to + first, (int)(last - first)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void QuickGeluBackValues(float* gradient, float* x, float* toX, int count)
    {
        var i = 0;
        var slope = Vector256.Create(QuickGeluSlope);
        for (; i + W <= count; i += W)
        {
            var scaled = Vector256.Load(x + i) * slope;
            var sigmoid = Vector256<float>.One / (Vector256<float>.One + Vector256.Exp(-scaled));
            (Vector256.Load(gradient + i) * sigmoid * (Vector256<float>.One + scaled * (Vector256<float>.One - sigmoid))).Store(toX + i);
        }
        for (; i < count; i++)
        {
            var sigmoid = 1 / (1 + MathF.Exp(-QuickGeluSlope * x[i]));
            toX[i] = gradient[i] * sigmoid * (1 + QuickGeluSlope * x[i] * (1 - sigmoid));
        }
    }

    /// <param name="direction">1 to turn, -1 to turn back.</param>
    public static void Turn(Tensor x, Tensor cos, Tensor signedSin, Tensor result, int direction)
    {
        var (heads, half) = ((int)x.size(-2), (int)x.size(-1) / 2);
        var (from, to, c, s) = (Address(x), Address(result), Address(cos), Address(signedSin));
        Blocks(x.numel() / (2 * half * heads), RowsABlock, (first, last) =>
        {
            for (var t = first; t < last; t++)
            for (var h = 0; h < heads; h++)
                TurnHead((float*)from + (t * heads + h) * 2 * half, (float*)c + t * 2 * half, (float*)s + t * 2 * half + half, (float*)to + (t * heads + h) * 2 * half, half, direction);
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnHead(float* x, float* cos, float* sin, float* result, int half, int direction)
    {
        var i = 0;
        var sign = Vector256.Create((float)direction);
        for (; i + W <= half; i += W)
        {
            var (a, b, c) = (Vector256.Load(x + i), Vector256.Load(x + half + i), Vector256.Load(cos + i));
            var s = Vector256.Load(sin + i) * sign;
            (a * c - b * s).Store(result + i);
            (b * c + a * s).Store(result + half + i);
        }
        for (; i < half; i++)
        {
            var s = sin[i] * direction;
            (result[i], result[half + i]) = (x[i] * cos[i] - x[half + i] * s, x[half + i] * cos[i] + x[i] * s);
        }
    }

    private static IntPtr Address(Tensor tensor) => (IntPtr)TensorMemory.Address(tensor);

    private static void Blocks(long count, int size, Action<long, long> body) =>
        TorchThreads.For((int)((count + size - 1) / size), 1, b => body((long)b * size, Math.Min(count, (long)(b + 1) * size)));
}
