using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

// Shapes: R rows (everything before the last dimension), D width of a row.
namespace SggLab.Modeling;

/// <summary>The loops of <see cref="FusedSteps"/> over contiguous f32 memory.</summary>
internal abstract class FusedKernels
{
    /// <summary>Those for this processor's vectors.</summary>
    public static FusedKernels Here { get; } = Vector512.IsHardwareAccelerated ? new FusedKernels<Lanes16>() : new FusedKernels<Lanes8>();

    /// <param name="scales">[R], 1 / rms of each row, for the way back.</param>
    public abstract void Norm(Tensor x, Tensor weight, float eps, Tensor result, Tensor scales);

    public abstract void NormBack(Tensor gradient, Tensor x, Tensor weight, Tensor scales, Tensor toX, Tensor toWeight);

    public abstract void LogSumExp(Tensor x, Tensor result);

    public abstract void Probabilities(Tensor x, Tensor logSums, Tensor factors);

    public abstract void Gate(Tensor gate, Tensor up, Tensor result);

    public abstract void GateBack(Tensor gradient, Tensor gate, Tensor up, Tensor toGate, Tensor toUp);

    public abstract void QuickGelu(Tensor x, Tensor result);

    public abstract void QuickGeluBack(Tensor gradient, Tensor x, Tensor toX);

    /// <param name="direction">1 to turn, -1 to turn back.</param>
    public abstract void Turn(Tensor x, Tensor cos, Tensor signedSin, Tensor result, int direction);

    public abstract void Attention(Tensor q_BTHd, Tensor k_BTKd, Tensor v_BTKd, Tensor logSums, Tensor result);

    public abstract void AttentionBack(Tensor gradient_BTHd, Tensor q_BTHd, Tensor k_BTKd, Tensor v_BTKd, Tensor logSums, Tensor toQ, Tensor toK, Tensor toV);
}

/// <inheritdoc cref="FusedKernels"/>
internal sealed unsafe class FusedKernels<V> : FusedKernels where V : struct, ILanes<V>
{
    private const int RowsABlock = 64;
    private const int ValuesABlock = 1 << 15;

    public override void Norm(Tensor x, Tensor weight, float eps, Tensor result, Tensor scales)
    {
        var width = (int)x.size(-1);
        var (from, to, by, scale) = (Address(x), Address(result), Address(weight), Address(scales));
        Blocks(x.numel() / width, RowsABlock, (first, last) =>
        {
            for (var r = first; r < last; r++)
                ((float*)scale)[r] = CpuKernels<V>.AddAndNormalise((float*)from + r * width, null, (float*)by, (float*)to + r * width, width, eps);
        });
    }

    public override void NormBack(Tensor gradient, Tensor x, Tensor weight, Tensor scales, Tensor toX, Tensor toWeight)
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
        var (dots, rest, i) = (V.Zero, 0f, 0);
        var by = V.Of(scale);
        for (; i + V.Count <= width; i += V.Count)
        {
            var gx = V.Load(gradient + i) * V.Load(x + i);
            dots = V.MultiplyAdd(gx, V.Load(weight + i), dots);
            V.MultiplyAdd(gx, by, V.Load(toWeight + i)).Store(toWeight + i);
        }
        for (; i < width; i++)
        {
            rest += gradient[i] * x[i] * weight[i];
            toWeight[i] += gradient[i] * x[i] * scale;
        }
        var back = -(dots.Sum() + rest) / width * scale * scale * scale;
        var pull = V.Of(back);
        for (i = 0; i + V.Count <= width; i += V.Count)
            V.MultiplyAdd(V.Load(x + i), pull, V.Load(gradient + i) * V.Load(weight + i) * by).Store(toX + i);
        for (; i < width; i++)
            toX[i] = x[i] * back + gradient[i] * weight[i] * scale;
    }

    public override void LogSumExp(Tensor x, Tensor result)
    {
        var width = (int)x.size(-1);
        var (from, to) = (Address(x), Address(result));
        Blocks(x.size(0), Math.Max(1, ValuesABlock / width), (first, last) =>
        {
            for (var r = first; r < last; r++)
                ((float*)to)[r] = CpuKernels<V>.LogSum((float*)from + r * width, width);
        });
    }

    public override void Probabilities(Tensor x, Tensor logSums, Tensor factors)
    {
        var width = (int)x.size(-1);
        var (row, log, by) = (Address(x), Address(logSums), Address(factors));
        Blocks(x.size(0), Math.Max(1, ValuesABlock / width), (first, last) =>
        {
            for (var r = first; r < last; r++)
                CpuKernels<V>.Probabilities((float*)row + r * width, ((float*)log)[r], ((float*)by)[r], width);
        });
    }

    public override void Gate(Tensor gate, Tensor up, Tensor result)
    {
        var (g, u, to) = (Address(gate), Address(up), Address(result));
        Blocks(gate.numel(), ValuesABlock, (first, last) => CpuKernels<V>.Gate((float*)g + first, (float*)u + first, (float*)to + first, (int)(last - first)));
    }

    public override void GateBack(Tensor gradient, Tensor gate, Tensor up, Tensor toGate, Tensor toUp)
    {
        var (g, x, u, dx, du) = (Address(gradient), Address(gate), Address(up), Address(toGate), Address(toUp));
        Blocks(gate.numel(), ValuesABlock, (first, last) =>
            GateBackValues((float*)g + first, (float*)x + first, (float*)u + first, (float*)dx + first, (float*)du + first, (int)(last - first)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GateBackValues(float* gradient, float* gate, float* up, float* toGate, float* toUp, int count)
    {
        var i = 0;
        for (; i + V.Count <= count; i += V.Count)
        {
            var (g, x) = (V.Load(gradient + i), V.Load(gate + i));
            var sigmoid = V.Of(1) / (V.Of(1) + V.Exp(V.Zero - x));
            (g * x * sigmoid).Store(toUp + i);
            (g * V.Load(up + i) * sigmoid * (V.Of(1) + x * (V.Of(1) - sigmoid))).Store(toGate + i);
        }
        for (; i < count; i++)
        {
            var sigmoid = 1 / (1 + MathF.Exp(-gate[i]));
            toUp[i] = gradient[i] * gate[i] * sigmoid;
            toGate[i] = gradient[i] * up[i] * sigmoid * (1 + gate[i] * (1 - sigmoid));
        }
    }

    private const float QuickGeluSlope = 1.702f;

    public override void QuickGelu(Tensor x, Tensor result)
    {
        var (from, to) = (Address(x), Address(result));
        Blocks(x.numel(), ValuesABlock, (first, last) => QuickGeluValues((float*)from + first, (float*)to + first, (int)(last - first)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void QuickGeluValues(float* x, float* result, int count)
    {
        var i = 0;
        var slope = V.Of(-QuickGeluSlope);
        for (; i + V.Count <= count; i += V.Count)
        {
            var v = V.Load(x + i);
            (v / (V.Of(1) + V.Exp(v * slope))).Store(result + i);
        }
        for (; i < count; i++)
            result[i] = x[i] / (1 + MathF.Exp(-QuickGeluSlope * x[i]));
    }

    public override void QuickGeluBack(Tensor gradient, Tensor x, Tensor toX)
    {
        var (g, from, to) = (Address(gradient), Address(x), Address(toX));
        Blocks(x.numel(), ValuesABlock, (first, last) => QuickGeluBackValues((float*)g + first, (float*)from + first, (float*)to + first, (int)(last - first)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void QuickGeluBackValues(float* gradient, float* x, float* toX, int count)
    {
        var i = 0;
        var slope = V.Of(QuickGeluSlope);
        for (; i + V.Count <= count; i += V.Count)
        {
            var scaled = V.Load(x + i) * slope;
            var sigmoid = V.Of(1) / (V.Of(1) + V.Exp(V.Zero - scaled));
            (V.Load(gradient + i) * sigmoid * (V.Of(1) + scaled * (V.Of(1) - sigmoid))).Store(toX + i);
        }
        for (; i < count; i++)
        {
            var sigmoid = 1 / (1 + MathF.Exp(-QuickGeluSlope * x[i]));
            toX[i] = gradient[i] * sigmoid * (1 + QuickGeluSlope * x[i] * (1 - sigmoid));
        }
    }

    public override void Turn(Tensor x, Tensor cos, Tensor signedSin, Tensor result, int direction)
    {
        var (heads, half) = ((int)x.size(-2), (int)x.size(-1) / 2);
        var (from, to, c, s) = (Address(x), Address(result), Address(cos), Address(signedSin));
        Blocks(x.numel() / (2 * half * heads), RowsABlock, (first, last) =>
        {
            for (var t = first; t < last; t++)
            for (var h = 0; h < heads; h++)
                CpuKernels<V>.Turn((float*)from + (t * heads + h) * 2 * half, (float*)c + t * 2 * half, (float*)s + t * 2 * half + half, (float*)to + (t * heads + h) * 2 * half, half, direction);
        });
    }

    public override void Attention(Tensor q_BTHd, Tensor k_BTKd, Tensor v_BTKd, Tensor logSums, Tensor result) => CpuAttention<V>.Forward(q_BTHd, k_BTKd, v_BTKd, logSums, result);

    public override void AttentionBack(Tensor gradient_BTHd, Tensor q_BTHd, Tensor k_BTKd, Tensor v_BTKd, Tensor logSums, Tensor toQ, Tensor toK, Tensor toV) =>
        CpuAttention<V>.Backward(gradient_BTHd, q_BTHd, k_BTKd, v_BTKd, logSums, toQ, toK, toV);

    private static IntPtr Address(Tensor tensor) => (IntPtr)TensorMemory.Address(tensor);

    private static void Blocks(long count, int size, Action<long, long> body) =>
        TorchThreads.For((int)((count + size - 1) / size), 1, b => body((long)b * size, Math.Min(count, (long)(b + 1) * size)));
}
