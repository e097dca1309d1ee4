using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

// Shapes: R rows, K width of a row, N outputs of a weight [N,K].
namespace SggLab.Modeling;

/// <summary>
/// y = x W^T for a few rows, with the weight where it lies: a library would first copy all of it into its own order, which takes as long as
/// the product of a dozen rows. Each output is one dot product, summed in the same order whatever rows are computed beside it, so that
/// neither the batch nor the threads change a bit.
/// </summary>
internal static unsafe class CpuProjection<V> where V : struct, ILanes<V>
{
    private const int Columns = 4; // Outputs that are computed together.

    /// <summary>Outputs [from, to) of all rows.</summary>
    /// <param name="x">[R,K]</param>
    /// <param name="weight">[N,K]</param>
    /// <param name="y">[R,N]</param>
    public static void Run(float* x, float* weight, float* y, int rows, int width, int outputs, int from, int to)
    {
        for (var n = from; n < to; n += Columns)
        {
            var count = Math.Min(Columns, to - n);
            var w = weight + (long)n * width;
            // The last few outputs repeat one; what is computed twice is not stored.
            var w1 = w + (long)Math.Min(1, count - 1) * width;
            var w2 = w + (long)Math.Min(2, count - 1) * width;
            var w3 = w + (long)Math.Min(3, count - 1) * width;
            var r = 0;
            // The next outputs' weights come from far away: some lines are asked for beside each product.
            var next = (byte*)(w + Columns * width);
            var end = next + Columns * width * sizeof(float);
            var lines = Columns * width / 16 / Math.Max(1, rows / 3) + 1;
            for (; rows - r is 3 or > 4; r += 3)
            {
                for (var i = 0; i < lines && next < end; i++, next += 64)
                    Sse.Prefetch1(next);
                Three(x + (long)r * width, w, w1, w2, w3, width, y + (long)r * outputs + n, outputs, count);
            }
            for (; rows - r >= 2; r += 2)
                Two(x + (long)r * width, w, w1, w2, w3, width, y + (long)r * outputs + n, outputs, count);
            if (r < rows)
                One(x + (long)r * width, w, w1, w2, w3, width, y + (long)r * outputs + n, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Three(float* x, float* w0, float* w1, float* w2, float* w3, int width, float* y, int outputs, int count)
    {
        var (a0, a1, a2, a3) = (V.Zero, V.Zero, V.Zero, V.Zero);
        var (b0, b1, b2, b3) = (V.Zero, V.Zero, V.Zero, V.Zero);
        var (c0, c1, c2, c3) = (V.Zero, V.Zero, V.Zero, V.Zero);
        var x1 = x + width;
        var x2 = x1 + width;
        var k = 0;
        for (; k + V.Count <= width; k += V.Count)
        {
            var (a, b, c) = (V.Load(x + k), V.Load(x1 + k), V.Load(x2 + k));
            var w = V.Load(w0 + k);
            a0 = V.MultiplyAdd(a, w, a0);
            b0 = V.MultiplyAdd(b, w, b0);
            c0 = V.MultiplyAdd(c, w, c0);
            w = V.Load(w1 + k);
            a1 = V.MultiplyAdd(a, w, a1);
            b1 = V.MultiplyAdd(b, w, b1);
            c1 = V.MultiplyAdd(c, w, c1);
            w = V.Load(w2 + k);
            a2 = V.MultiplyAdd(a, w, a2);
            b2 = V.MultiplyAdd(b, w, b2);
            c2 = V.MultiplyAdd(c, w, c2);
            w = V.Load(w3 + k);
            a3 = V.MultiplyAdd(a, w, a3);
            b3 = V.MultiplyAdd(b, w, b3);
            c3 = V.MultiplyAdd(c, w, c3);
        }
        Store(V.Sums(a0, a1, a2, a3), x, w0, w1, w2, w3, k, width, y, count);
        Store(V.Sums(b0, b1, b2, b3), x1, w0, w1, w2, w3, k, width, y + outputs, count);
        Store(V.Sums(c0, c1, c2, c3), x2, w0, w1, w2, w3, k, width, y + 2 * outputs, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two(float* x, float* w0, float* w1, float* w2, float* w3, int width, float* y, int outputs, int count)
    {
        var (a0, a1, a2, a3) = (V.Zero, V.Zero, V.Zero, V.Zero);
        var (b0, b1, b2, b3) = (V.Zero, V.Zero, V.Zero, V.Zero);
        var x1 = x + width;
        var k = 0;
        for (; k + V.Count <= width; k += V.Count)
        {
            var (a, b) = (V.Load(x + k), V.Load(x1 + k));
            var w = V.Load(w0 + k);
            a0 = V.MultiplyAdd(a, w, a0);
            b0 = V.MultiplyAdd(b, w, b0);
            w = V.Load(w1 + k);
            a1 = V.MultiplyAdd(a, w, a1);
            b1 = V.MultiplyAdd(b, w, b1);
            w = V.Load(w2 + k);
            a2 = V.MultiplyAdd(a, w, a2);
            b2 = V.MultiplyAdd(b, w, b2);
            w = V.Load(w3 + k);
            a3 = V.MultiplyAdd(a, w, a3);
            b3 = V.MultiplyAdd(b, w, b3);
        }
        Store(V.Sums(a0, a1, a2, a3), x, w0, w1, w2, w3, k, width, y, count);
        Store(V.Sums(b0, b1, b2, b3), x1, w0, w1, w2, w3, k, width, y + outputs, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(float* x, float* w0, float* w1, float* w2, float* w3, int width, float* y, int count)
    {
        var (a0, a1, a2, a3) = (V.Zero, V.Zero, V.Zero, V.Zero);
        var k = 0;
        for (; k + V.Count <= width; k += V.Count)
        {
            var a = V.Load(x + k);
            a0 = V.MultiplyAdd(a, V.Load(w0 + k), a0);
            a1 = V.MultiplyAdd(a, V.Load(w1 + k), a1);
            a2 = V.MultiplyAdd(a, V.Load(w2 + k), a2);
            a3 = V.MultiplyAdd(a, V.Load(w3 + k), a3);
        }
        Store(V.Sums(a0, a1, a2, a3), x, w0, w1, w2, w3, k, width, y, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<float> sums, float* x, float* w0, float* w1, float* w2, float* w3, int k, int width, float* y, int count)
    {
        if (k < width)
            sums += Rest(x, w0, w1, w2, w3, k, width);
        if (count == Columns)
        {
            sums.Store(y);
            return;
        }
        for (var i = 0; i < count; i++)
            y[i] = sums[i];
    }

    private static Vector128<float> Rest(float* x, float* w0, float* w1, float* w2, float* w3, int k, int width)
    {
        var sums = Vector128<float>.Zero;
        for (; k < width; k++)
            sums += Vector128.Create(w0[k], w1[k], w2[k], w3[k]) * x[k];
        return sums;
    }
}
