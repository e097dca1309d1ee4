using System.Runtime.Intrinsics;

namespace SggLab.Modeling;

/// <summary>The small steps of decoding on f32 rows, between the matrix products. Widths are multiples of nothing in particular.</summary>
internal static unsafe class CpuKernels
{
    private const int W = 8; // f32 values of a 256-bit vector

    /// <summary>sum += add, then out = sum / rms(sum) * weight, for one row.</summary>
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

    public static void Add(float* x, float* add, int width)
    {
        var i = 0;
        for (; i + W <= width; i += W)
            (Vector256.Load(x + i) + Vector256.Load(add + i)).Store(x + i);
        for (; i < width; i++)
            x[i] += add[i];
    }

    /// <summary>Turns pairs (i, i + d/2) of a head in place.</summary>
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

    /// <summary>scores[j] = scale * q . k_j for a segment whose keys lie dimension by dimension; writes up to 15 scores past count.</summary>
    /// <param name="keys">[d, stride]: one line a dimension, one place a key; lines are readable to a multiple of 16.</param>
    public static void Scores(float* q, float* keys, int stride, int count, int d, float scale, float* scores)
    {
        var by = Vector256.Create(scale);
        var j = 0;
        for (; j + 2 * W < count; j += 4 * W)
        {
            var (s0, s1, s2, s3) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            var line = keys + j;
            if (j + 4 * W > stride)
                break;
            for (var i = 0; i < d; i++, line += stride)
            {
                var x = Vector256.Create(q[i]);
                s0 = Vector256.FusedMultiplyAdd(x, Vector256.Load(line), s0);
                s1 = Vector256.FusedMultiplyAdd(x, Vector256.Load(line + W), s1);
                s2 = Vector256.FusedMultiplyAdd(x, Vector256.Load(line + 2 * W), s2);
                s3 = Vector256.FusedMultiplyAdd(x, Vector256.Load(line + 3 * W), s3);
            }
            (s0 * by).Store(scores + j);
            (s1 * by).Store(scores + j + W);
            (s2 * by).Store(scores + j + 2 * W);
            (s3 * by).Store(scores + j + 3 * W);
        }
        for (; j < count; j += 2 * W)
        {
            var (s0, s1) = (Vector256<float>.Zero, Vector256<float>.Zero);
            var line = keys + j;
            for (var i = 0; i < d; i++, line += stride)
            {
                var x = Vector256.Create(q[i]);
                s0 = Vector256.FusedMultiplyAdd(x, Vector256.Load(line), s0);
                s1 = Vector256.FusedMultiplyAdd(x, Vector256.Load(line + W), s1);
            }
            (s0 * by).Store(scores + j);
            (s1 * by).Store(scores + j + W);
        }
    }

    /// <summary>Turns scores into weights that sum to the returned number (the largest weight is 1).</summary>
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

    /// <summary>result += sum of weights[j] * v_j over a segment, values [count, d].</summary>
    public static void Mix(float* weights, float* values, int count, int d, float* result)
    {
        var i = 0;
        for (; i + 4 * W <= d; i += 4 * W)
        {
            var (r0, r1) = (Vector256.Load(result + i), Vector256.Load(result + i + W));
            var (r2, r3) = (Vector256.Load(result + i + 2 * W), Vector256.Load(result + i + 3 * W));
            var row = values + i;
            for (var j = 0; j < count; j++, row += d)
            {
                var w = Vector256.Create(weights[j]);
                r0 = Vector256.FusedMultiplyAdd(w, Vector256.Load(row), r0);
                r1 = Vector256.FusedMultiplyAdd(w, Vector256.Load(row + W), r1);
                r2 = Vector256.FusedMultiplyAdd(w, Vector256.Load(row + 2 * W), r2);
                r3 = Vector256.FusedMultiplyAdd(w, Vector256.Load(row + 3 * W), r3);
            }
            r0.Store(result + i);
            r1.Store(result + i + W);
            r2.Store(result + i + 2 * W);
            r3.Store(result + i + 3 * W);
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
