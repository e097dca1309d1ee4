using System.Runtime.CompilerServices;

namespace SggLab.Modeling;

/// <summary>The small steps between matrix products on f32 rows, of decoding as of training. Any width will do.</summary>
/// <remarks>Compiled at once with all optimisations: a short run would be over before the runtime got to it.</remarks>
internal static unsafe class CpuKernels<V> where V : struct, ILanes<V>
{
    /// <summary>
    /// Vectors that are summed in f32 before the sum goes on in f64: beside the one large exponential of a sure token, those of a whole vocabulary
    /// would be lost.
    /// </summary>
    private const int SummedVectors = 16;

    /// <summary>sum += add, then out = sum / rms(sum) * weight, for one row.</summary>
    /// <returns>1 / rms(sum)</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float AddAndNormalise(float* sum, float* add, float* weight, float* result, int width, float eps)
    {
        var squares = V.Zero;
        float rest = 0;
        var i = 0;
        for (; i + V.Count <= width; i += V.Count)
        {
            var x = V.Load(sum + i);
            if (add != null)
            {
                x += V.Load(add + i);
                x.Store(sum + i);
            }
            squares = V.MultiplyAdd(x, x, squares);
        }
        for (; i < width; i++)
        {
            if (add != null)
                sum[i] += add[i];
            rest += sum[i] * sum[i];
        }
        var scale = 1 / MathF.Sqrt((squares.Sum() + rest) / width + eps);
        Scale(sum, weight, result, width, scale);
        return scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* x, float* weight, float* result, int width, float scale)
    {
        var i = 0;
        var by = V.Of(scale);
        for (; i + V.Count <= width; i += V.Count)
            (V.Load(x + i) * by * V.Load(weight + i)).Store(result + i);
        for (; i < width; i++)
            result[i] = x[i] * scale * weight[i];
    }

    /// <summary>out = silu(gate) * up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gate(float* gate, float* up, float* result, int count)
    {
        var i = 0;
        for (; i + V.Count <= count; i += V.Count)
        {
            var x = V.Load(gate + i);
            (x / (V.Of(1) + V.Exp(V.Zero - x)) * V.Load(up + i)).Store(result + i);
        }
        for (; i < count; i++)
            result[i] = gate[i] / (1 + MathF.Exp(-gate[i])) * up[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* x, float* add, int width)
    {
        var i = 0;
        for (; i + V.Count <= width; i += V.Count)
            (V.Load(x + i) + V.Load(add + i)).Store(x + i);
        for (; i < width; i++)
            x[i] += add[i];
    }

    /// <summary>result = x * factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* x, float factor, float* result, int width)
    {
        var i = 0;
        for (; i + V.Count <= width; i += V.Count)
            (V.Load(x + i) * V.Of(factor)).Store(result + i);
        for (; i < width; i++)
            result[i] = x[i] * factor;
    }

    /// <summary>Turns pairs (i, i + d/2) of a head; the result may be the head itself.</summary>
    /// <param name="direction">1 to turn, -1 to turn back.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Turn(float* head, float* cos, float* sin, float* result, int half, float direction)
    {
        var i = 0;
        var sign = V.Of(direction);
        for (; i + V.Count <= half; i += V.Count)
        {
            var (a, b) = (V.Load(head + i), V.Load(head + half + i));
            var (c, s) = (V.Load(cos + i), V.Load(sin + i) * sign);
            (a * c - b * s).Store(result + i);
            (b * c + a * s).Store(result + half + i);
        }
        for (; i < half; i++)
        {
            var s = sin[i] * direction;
            (result[i], result[half + i]) = (head[i] * cos[i] - head[half + i] * s, head[half + i] * cos[i] + head[i] * s);
        }
    }

    /// <summary>scores[n][j] = q_n . k_j for four queries.</summary>
    /// <param name="keys">Blocks of <see cref="CpuSegment.KeyBlock"/> keys, one line a dimension. Scores are written past the count, to the end of a block at most.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Scores(float* q0, float* q1, float* q2, float* q3, float* keys, int count, int d, float* scores, int width)
    {
        for (var j = 0; j < count; j += 2 * V.Count)
        {
            var (a0, a1, b0, b1) = (V.Zero, V.Zero, V.Zero, V.Zero);
            var (c0, c1, d0, d1) = (V.Zero, V.Zero, V.Zero, V.Zero);
            var line = CpuSegment.Key(keys, j, d);
            for (var i = 0; i < d; i++, line += CpuSegment.KeyBlock)
            {
                var (k0, k1) = (V.Load(line), V.Load(line + V.Count));
                var x = V.Of(q0[i]);
                (a0, a1) = (V.MultiplyAdd(x, k0, a0), V.MultiplyAdd(x, k1, a1));
                x = V.Of(q1[i]);
                (b0, b1) = (V.MultiplyAdd(x, k0, b0), V.MultiplyAdd(x, k1, b1));
                x = V.Of(q2[i]);
                (c0, c1) = (V.MultiplyAdd(x, k0, c0), V.MultiplyAdd(x, k1, c1));
                x = V.Of(q3[i]);
                (d0, d1) = (V.MultiplyAdd(x, k0, d0), V.MultiplyAdd(x, k1, d1));
            }
            var to = scores + j;
            a0.Store(to);
            a1.Store(to + V.Count);
            b0.Store(to + width);
            b1.Store(to + width + V.Count);
            c0.Store(to + 2 * width);
            c1.Store(to + 2 * width + V.Count);
            d0.Store(to + 3 * width);
            d1.Store(to + 3 * width + V.Count);
        }
    }

    /// <summary>Turns scores into weights that sum to the returned number (the largest weight is 1).</summary>
    /// <param name="scores">With room for a whole number of pairs of vectors.</param>
    /// <param name="largest">The largest score.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentials(float* scores, int count, out float largest)
    {
        // Two vectors at a time, so that one need not wait for the other.
        for (var rest = count; rest % (2 * V.Count) != 0; rest++)
            scores[rest] = float.NegativeInfinity;
        var (most, other) = (V.Load(scores), V.Load(scores + V.Count));
        for (var i = 2 * V.Count; i < count; i += 2 * V.Count)
            (most, other) = (V.Max(most, V.Load(scores + i)), V.Max(other, V.Load(scores + i + V.Count)));
        largest = V.Max(most, other).Largest();
        var top = V.Of(largest);
        double total = 0;
        for (var start = 0; start < count; start += SummedVectors * V.Count)
        {
            var (sum, otherSum) = (V.Zero, V.Zero);
            for (var i = start; i < Math.Min(count, start + SummedVectors * V.Count); i += 2 * V.Count)
            {
                var (x, y) = (V.Exp(V.Load(scores + i) - top), V.Exp(V.Load(scores + i + V.Count) - top));
                x.Store(scores + i);
                y.Store(scores + i + V.Count);
                (sum, otherSum) = (sum + x, otherSum + y);
            }
            total += (sum + otherSum).Sum();
        }
        return (float)total;
    }

    /// <summary>log(sum(exp(x))).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float LogSum(float* x, int count)
    {
        var max = float.NegativeInfinity;
        var i = 0;
        if (count >= V.Count)
        {
            var most = V.Load(x);
            for (; i + V.Count <= count; i += V.Count)
                most = V.Max(most, V.Load(x + i));
            max = most.Largest();
        }
        for (; i < count; i++)
            max = Math.Max(max, x[i]);
        var (top, whole) = (V.Of(max), count - count % V.Count);
        double total = 0;
        for (i = 0; i < whole;)
        {
            var sums = V.Zero;
            for (var end = Math.Min(whole, i + SummedVectors * V.Count); i < end; i += V.Count)
                sums += V.Exp(V.Load(x + i) - top);
            total += sums.Sum();
        }
        for (; i < count; i++)
            total += MathF.Exp(x[i] - max);
        return max + (float)Math.Log(total);
    }

    /// <summary>x = exp(x - logSum) * factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Probabilities(float* x, float logSum, float factor, int count)
    {
        var (log, by) = (V.Of(logSum), V.Of(factor));
        var i = 0;
        for (; i + V.Count <= count; i += V.Count)
            (V.Exp(V.Load(x + i) - log) * by).Store(x + i);
        for (; i < count; i++)
            x[i] = MathF.Exp(x[i] - logSum) * factor;
    }

    /// <summary>Turns scores into the weights of a softmax, and the slopes of the weights into those of the scores; both are 0 past the seen.</summary>
    /// <param name="scores">With room for a whole number of pairs of vectors, as the slopes.</param>
    /// <param name="logSum">The logarithm of the sum of the exponentials of the scores.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftmaxBack(float* scores, float* slopes, int seen, int count, float logSum)
    {
        for (var rest = seen; rest % (2 * V.Count) != 0; rest++)
            (scores[rest], slopes[rest]) = (float.NegativeInfinity, 0);
        var (shares, otherShares, log) = (V.Zero, V.Zero, V.Of(logSum));
        for (var i = 0; i < seen; i += 2 * V.Count)
        {
            var (x, y) = (V.Exp(V.Load(scores + i) - log), V.Exp(V.Load(scores + i + V.Count) - log));
            x.Store(scores + i);
            y.Store(scores + i + V.Count);
            shares = V.MultiplyAdd(x, V.Load(slopes + i), shares);
            otherShares = V.MultiplyAdd(y, V.Load(slopes + i + V.Count), otherShares);
        }
        var share = V.Of((shares + otherShares).Sum());
        for (var i = 0; i < seen; i += V.Count)
            (V.Load(scores + i) * (V.Load(slopes + i) - share)).Store(slopes + i);
        for (var i = seen; i < count; i++)
            (scores[i], slopes[i]) = (0, 0);
    }

    /// <summary>result_j += sum of weights[n][j] * row_n over four rows [4, d], result [count, d].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Spread(float* weights, int width, float* rows, int count, int d, float* result)
    {
        var w1 = weights + width;
        var w2 = w1 + width;
        var w3 = w2 + width;
        var i = 0;
        for (; i + 2 * V.Count <= d; i += 2 * V.Count)
        {
            var row = rows + i;
            var (a0, a1, b0, b1) = (V.Load(row), V.Load(row + V.Count), V.Load(row + d), V.Load(row + d + V.Count));
            var (c0, c1, d0, d1) = (V.Load(row + 2 * d), V.Load(row + 2 * d + V.Count), V.Load(row + 3 * d), V.Load(row + 3 * d + V.Count));
            var to = result + i;
            for (var j = 0; j < count; j++, to += d)
            {
                var (x, y) = (V.Load(to), V.Load(to + V.Count));
                var w = V.Of(weights[j]);
                (x, y) = (V.MultiplyAdd(w, a0, x), V.MultiplyAdd(w, a1, y));
                w = V.Of(w1[j]);
                (x, y) = (V.MultiplyAdd(w, b0, x), V.MultiplyAdd(w, b1, y));
                w = V.Of(w2[j]);
                (x, y) = (V.MultiplyAdd(w, c0, x), V.MultiplyAdd(w, c1, y));
                w = V.Of(w3[j]);
                (x, y) = (V.MultiplyAdd(w, d0, x), V.MultiplyAdd(w, d1, y));
                x.Store(to);
                y.Store(to + V.Count);
            }
        }
        for (; i + V.Count <= d; i += V.Count)
        {
            var row = rows + i;
            var (a, b, c, e) = (V.Load(row), V.Load(row + d), V.Load(row + 2 * d), V.Load(row + 3 * d));
            var to = result + i;
            for (var j = 0; j < count; j++, to += d)
            {
                var x = V.MultiplyAdd(V.Of(weights[j]), a, V.Load(to));
                x = V.MultiplyAdd(V.Of(w1[j]), b, x);
                x = V.MultiplyAdd(V.Of(w2[j]), c, x);
                V.MultiplyAdd(V.Of(w3[j]), e, x).Store(to);
            }
        }
        for (; i < d; i++)
        {
            for (var j = 0; j < count; j++)
                result[(long)j * d + i] += weights[j] * rows[i] + w1[j] * rows[d + i] + w2[j] * rows[2 * d + i] + w3[j] * rows[3 * d + i];
        }
    }

    /// <summary>result[n] += sum of weights[n][j] * v_j for four queries, values [count, d], result [4, d].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Mix(float* weights, int width, float* values, int count, int d, float* result)
    {
        var w1 = weights + width;
        var w2 = w1 + width;
        var w3 = w2 + width;
        var i = 0;
        for (; i + 2 * V.Count <= d; i += 2 * V.Count)
        {
            var to = result + i;
            var (a0, a1, b0, b1) = (V.Load(to), V.Load(to + V.Count), V.Load(to + d), V.Load(to + d + V.Count));
            var (c0, c1, d0, d1) = (V.Load(to + 2 * d), V.Load(to + 2 * d + V.Count), V.Load(to + 3 * d), V.Load(to + 3 * d + V.Count));
            var row = values + i;
            for (var j = 0; j < count; j++, row += d)
            {
                var (v0, v1) = (V.Load(row), V.Load(row + V.Count));
                var x = V.Of(weights[j]);
                (a0, a1) = (V.MultiplyAdd(x, v0, a0), V.MultiplyAdd(x, v1, a1));
                x = V.Of(w1[j]);
                (b0, b1) = (V.MultiplyAdd(x, v0, b0), V.MultiplyAdd(x, v1, b1));
                x = V.Of(w2[j]);
                (c0, c1) = (V.MultiplyAdd(x, v0, c0), V.MultiplyAdd(x, v1, c1));
                x = V.Of(w3[j]);
                (d0, d1) = (V.MultiplyAdd(x, v0, d0), V.MultiplyAdd(x, v1, d1));
            }
            a0.Store(to);
            a1.Store(to + V.Count);
            b0.Store(to + d);
            b1.Store(to + d + V.Count);
            c0.Store(to + 2 * d);
            c1.Store(to + 2 * d + V.Count);
            d0.Store(to + 3 * d);
            d1.Store(to + 3 * d + V.Count);
        }
        for (; i + V.Count <= d; i += V.Count)
        {
            var to = result + i;
            var (a, b, c, e) = (V.Load(to), V.Load(to + d), V.Load(to + 2 * d), V.Load(to + 3 * d));
            var row = values + i;
            for (var j = 0; j < count; j++, row += d)
            {
                var v = V.Load(row);
                (a, b) = (V.MultiplyAdd(V.Of(weights[j]), v, a), V.MultiplyAdd(V.Of(w1[j]), v, b));
                (c, e) = (V.MultiplyAdd(V.Of(w2[j]), v, c), V.MultiplyAdd(V.Of(w3[j]), v, e));
            }
            a.Store(to);
            b.Store(to + d);
            c.Store(to + 2 * d);
            e.Store(to + 3 * d);
        }
        for (; i < d; i++)
        {
            for (var n = 0; n < 4; n++)
            for (var j = 0; j < count; j++)
                result[n * d + i] += weights[n * width + j] * values[(long)j * d + i];
        }
    }
}
