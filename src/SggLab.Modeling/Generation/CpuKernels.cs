using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SggLab.Modeling;

/// <summary>The small steps of decoding on f32 rows, between the matrix products. Any width will do.</summary>
/// <remarks>Compiled at once with all optimisations: a short run would be over before the runtime got to it.</remarks>
internal static unsafe class CpuKernels
{
    private const int W = 8; // f32 values of a 256-bit vector

    /// <summary>sum += add, then out = sum / rms(sum) * weight, for one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddAndNormalise(float* sum, float* add, float* weight, float* result, int width, float eps)
    {
        var squares = Vector256<float>.Zero;
        float rest = 0;
        var i = 0;
        for (; i + W <= width; i += W)
        {
            var x = Vector256.Load(sum + i);
            if (add != null)
            {
                x += Vector256.Load(add + i);
                x.Store(sum + i);
            }
            squares = Vector256.FusedMultiplyAdd(x, x, squares);
        }
        for (; i < width; i++)
        {
            if (add != null)
                sum[i] += add[i];
            rest += sum[i] * sum[i];
        }
        var scale = 1 / MathF.Sqrt((Vector256.Sum(squares) + rest) / width + eps);
        Scale(sum, weight, result, width, scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* x, float* weight, float* result, int width, float scale)
    {
        var i = 0;
        var by = Vector256.Create(scale);
        for (; i + W <= width; i += W)
            (Vector256.Load(x + i) * by * Vector256.Load(weight + i)).Store(result + i);
        for (; i < width; i++)
            result[i] = x[i] * scale * weight[i];
    }

    /// <summary>out = silu(gate) * up, where a row holds gate and up side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gate(float* gateUp, float* result, int width)
    {
        var i = 0;
        for (; i + W <= width; i += W)
        {
            var gate = Vector256.Load(gateUp + i);
            (gate / (Vector256<float>.One + Vector256.Exp(-gate)) * Vector256.Load(gateUp + width + i)).Store(result + i);
        }
        for (; i < width; i++)
            result[i] = gateUp[i] / (1 + MathF.Exp(-gateUp[i])) * gateUp[width + i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* x, float* add, int width)
    {
        var i = 0;
        for (; i + W <= width; i += W)
            (Vector256.Load(x + i) + Vector256.Load(add + i)).Store(x + i);
        for (; i < width; i++)
            x[i] += add[i];
    }

    public static void Multiply(float* x, float factor, int width)
    {
        for (var i = 0; i < width; i++)
            x[i] *= factor;
    }

    /// <summary>Turns pairs (i, i + d/2) of a head in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Turn(float* head, float* cos, float* sin, int half)
    {
        var i = 0;
        for (; i + W <= half; i += W)
        {
            var (a, b) = (Vector256.Load(head + i), Vector256.Load(head + half + i));
            var (c, s) = (Vector256.Load(cos + i), Vector256.Load(sin + i));
            (a * c - b * s).Store(head + i);
            (b * c + a * s).Store(head + half + i);
        }
        for (; i < half; i++)
            (head[i], head[half + i]) = (head[i] * cos[i] - head[half + i] * sin[i], head[half + i] * cos[i] + head[i] * sin[i]);
    }

    /// <summary>Keys are scored in blocks of this many, so that scores may be written up to 31 past the count.</summary>
    public const int KeyBlock = 4 * W;

    /// <summary>scores[j] = q . k_j for two queries at once.</summary>
    /// <param name="keys">Blocks of <see cref="KeyBlock"/> keys, one line a dimension.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores(float* q, float* other, float* keys, int count, int d, float* scores, float* otherScores)
    {
        for (var j = 0; j < count; j += KeyBlock)
        {
            var (a0, a1, a2, a3) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            var (b0, b1, b2, b3) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            var line = keys + (long)j * d;
            for (var i = 0; i < d; i++, line += KeyBlock)
            {
                var (x, y) = (Vector256.Create(q[i]), Vector256.Create(other[i]));
                var k = Vector256.Load(line);
                (a0, b0) = (Vector256.FusedMultiplyAdd(x, k, a0), Vector256.FusedMultiplyAdd(y, k, b0));
                k = Vector256.Load(line + W);
                (a1, b1) = (Vector256.FusedMultiplyAdd(x, k, a1), Vector256.FusedMultiplyAdd(y, k, b1));
                k = Vector256.Load(line + 2 * W);
                (a2, b2) = (Vector256.FusedMultiplyAdd(x, k, a2), Vector256.FusedMultiplyAdd(y, k, b2));
                k = Vector256.Load(line + 3 * W);
                (a3, b3) = (Vector256.FusedMultiplyAdd(x, k, a3), Vector256.FusedMultiplyAdd(y, k, b3));
            }
            a0.Store(scores + j);
            a1.Store(scores + j + W);
            a2.Store(scores + j + 2 * W);
            a3.Store(scores + j + 3 * W);
            b0.Store(otherScores + j);
            b1.Store(otherScores + j + W);
            b2.Store(otherScores + j + 2 * W);
            b3.Store(otherScores + j + 3 * W);
        }
    }

    /// <summary>The same for a query without a partner.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores(float* q, float* keys, int count, int d, float* scores)
    {
        for (var j = 0; j < count; j += KeyBlock)
        {
            var (s0, s1, s2, s3) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            var line = keys + (long)j * d;
            for (var i = 0; i < d; i++, line += KeyBlock)
            {
                var x = Vector256.Create(q[i]);
                s0 = Vector256.FusedMultiplyAdd(x, Vector256.Load(line), s0);
                s1 = Vector256.FusedMultiplyAdd(x, Vector256.Load(line + W), s1);
                s2 = Vector256.FusedMultiplyAdd(x, Vector256.Load(line + 2 * W), s2);
                s3 = Vector256.FusedMultiplyAdd(x, Vector256.Load(line + 3 * W), s3);
            }
            s0.Store(scores + j);
            s1.Store(scores + j + W);
            s2.Store(scores + j + 2 * W);
            s3.Store(scores + j + 3 * W);
        }
    }

    /// <summary>Turns scores into weights that sum to the returned number (the largest weight is 1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentials(float* scores, int count)
    {
        var max = float.NegativeInfinity;
        var i = 0;
        if (count >= W)
        {
            var largest = Vector256.Load(scores);
            for (; i + W <= count; i += W)
                largest = Vector256.Max(largest, Vector256.Load(scores + i));
            for (var lane = 0; lane < W; lane++)
                max = Math.Max(max, largest[lane]);
        }
        for (; i < count; i++)
            max = Math.Max(max, scores[i]);
        var (sums, top) = (Vector256<float>.Zero, Vector256.Create(max));
        for (i = 0; i + W <= count; i += W)
        {
            var e = Vector256.Exp(Vector256.Load(scores + i) - top);
            e.Store(scores + i);
            sums += e;
        }
        var sum = Vector256.Sum(sums);
        for (; i < count; i++)
            sum += scores[i] = MathF.Exp(scores[i] - max);
        return sum;
    }

    /// <summary>result += sum of weights[j] * v_j for two queries at once, values [count, d].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Mix(float* weights, float* otherWeights, float* values, int count, int d, float* result, float* otherResult)
    {
        var i = 0;
        for (; i + 4 * W <= d; i += 4 * W)
        {
            var (a0, a1, a2, a3) = (Vector256.Load(result + i), Vector256.Load(result + i + W), Vector256.Load(result + i + 2 * W), Vector256.Load(result + i + 3 * W));
            var (b0, b1, b2, b3) = (Vector256.Load(otherResult + i), Vector256.Load(otherResult + i + W), Vector256.Load(otherResult + i + 2 * W), Vector256.Load(otherResult + i + 3 * W));
            var row = values + i;
            for (var j = 0; j < count; j++, row += d)
            {
                var (x, y) = (Vector256.Create(weights[j]), Vector256.Create(otherWeights[j]));
                var v = Vector256.Load(row);
                (a0, b0) = (Vector256.FusedMultiplyAdd(x, v, a0), Vector256.FusedMultiplyAdd(y, v, b0));
                v = Vector256.Load(row + W);
                (a1, b1) = (Vector256.FusedMultiplyAdd(x, v, a1), Vector256.FusedMultiplyAdd(y, v, b1));
                v = Vector256.Load(row + 2 * W);
                (a2, b2) = (Vector256.FusedMultiplyAdd(x, v, a2), Vector256.FusedMultiplyAdd(y, v, b2));
                v = Vector256.Load(row + 3 * W);
                (a3, b3) = (Vector256.FusedMultiplyAdd(x, v, a3), Vector256.FusedMultiplyAdd(y, v, b3));
            }
            a0.Store(result + i);
            a1.Store(result + i + W);
            a2.Store(result + i + 2 * W);
            a3.Store(result + i + 3 * W);
            b0.Store(otherResult + i);
            b1.Store(otherResult + i + W);
            b2.Store(otherResult + i + 2 * W);
            b3.Store(otherResult + i + 3 * W);
        }
        MixRest(weights, values, count, d, i, result);
        MixRest(otherWeights, values, count, d, i, otherResult);
    }

    /// <summary>The same for a query without a partner.</summary>
    public static void Mix(float* weights, float* values, int count, int d, float* result) => MixRest(weights, values, count, d, 0, result);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MixRest(float* weights, float* values, int count, int d, int i, float* result)
    {
        for (; i + 2 * W <= d; i += 2 * W)
        {
            var (r0, r1) = (Vector256.Load(result + i), Vector256.Load(result + i + W));
            var row = values + i;
            for (var j = 0; j < count; j++, row += d)
            {
                var w = Vector256.Create(weights[j]);
                r0 = Vector256.FusedMultiplyAdd(w, Vector256.Load(row), r0);
                r1 = Vector256.FusedMultiplyAdd(w, Vector256.Load(row + W), r1);
            }
            r0.Store(result + i);
            r1.Store(result + i + W);
        }
        for (; i + W <= d; i += W)
        {
            var r = Vector256.Load(result + i);
            for (var j = 0; j < count; j++)
                r = Vector256.FusedMultiplyAdd(Vector256.Create(weights[j]), Vector256.Load(values + (long)j * d + i), r);
            r.Store(result + i);
        }
        for (; i < d; i++)
        {
            for (var j = 0; j < count; j++)
                result[i] += weights[j] * values[(long)j * d + i];
        }
    }
}
