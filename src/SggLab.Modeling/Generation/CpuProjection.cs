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
internal static unsafe class CpuProjection
{
    private const int W = 8; // f32 values of a 256-bit vector

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
            for (; rows - r is 3 or > 4; r += 3)
                Three(x + (long)r * width, w, w1, w2, w3, width, y + (long)r * outputs + n, outputs, count);
            for (; rows - r >= 2; r += 2)
                Two(x + (long)r * width, w, w1, w2, w3, width, y + (long)r * outputs + n, outputs, count);
            if (r < rows)
                One(x + (long)r * width, w, w1, w2, w3, width, y + (long)r * outputs + n, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Three(float* x, float* w0, float* w1, float* w2, float* w3, int width, float* y, int outputs, int count)
    {
        var (a0, a1, a2, a3) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var (b0, b1, b2, b3) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var (c0, c1, c2, c3) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var x1 = x + width;
        var x2 = x1 + width;
        var k = 0;
        for (; k + W <= width; k += W)
        {
            var (a, b, c) = (Vector256.Load(x + k), Vector256.Load(x1 + k), Vector256.Load(x2 + k));
            var w = Vector256.Load(w0 + k);
            a0 = Vector256.FusedMultiplyAdd(a, w, a0);
            b0 = Vector256.FusedMultiplyAdd(b, w, b0);
            c0 = Vector256.FusedMultiplyAdd(c, w, c0);
            w = Vector256.Load(w1 + k);
            a1 = Vector256.FusedMultiplyAdd(a, w, a1);
            b1 = Vector256.FusedMultiplyAdd(b, w, b1);
            c1 = Vector256.FusedMultiplyAdd(c, w, c1);
            w = Vector256.Load(w2 + k);
            a2 = Vector256.FusedMultiplyAdd(a, w, a2);
            b2 = Vector256.FusedMultiplyAdd(b, w, b2);
            c2 = Vector256.FusedMultiplyAdd(c, w, c2);
            w = Vector256.Load(w3 + k);
            a3 = Vector256.FusedMultiplyAdd(a, w, a3);
            b3 = Vector256.FusedMultiplyAdd(b, w, b3);
            c3 = Vector256.FusedMultiplyAdd(c, w, c3);
        }
        Store(Sums(a0, a1, a2, a3), x, w0, w1, w2, w3, k, width, y, count);
        Store(Sums(b0, b1, b2, b3), x1, w0, w1, w2, w3, k, width, y + outputs, count);
        Store(Sums(c0, c1, c2, c3), x2, w0, w1, w2, w3, k, width, y + 2 * outputs, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two(float* x, float* w0, float* w1, float* w2, float* w3, int width, float* y, int outputs, int count)
    {
        var (a0, a1, a2, a3) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var (b0, b1, b2, b3) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var x1 = x + width;
        var k = 0;
        for (; k + W <= width; k += W)
        {
            var (a, b) = (Vector256.Load(x + k), Vector256.Load(x1 + k));
            var w = Vector256.Load(w0 + k);
            a0 = Vector256.FusedMultiplyAdd(a, w, a0);
            b0 = Vector256.FusedMultiplyAdd(b, w, b0);
            w = Vector256.Load(w1 + k);
            a1 = Vector256.FusedMultiplyAdd(a, w, a1);
            b1 = Vector256.FusedMultiplyAdd(b, w, b1);
            w = Vector256.Load(w2 + k);
            a2 = Vector256.FusedMultiplyAdd(a, w, a2);
            b2 = Vector256.FusedMultiplyAdd(b, w, b2);
            w = Vector256.Load(w3 + k);
            a3 = Vector256.FusedMultiplyAdd(a, w, a3);
            b3 = Vector256.FusedMultiplyAdd(b, w, b3);
        }
        Store(Sums(a0, a1, a2, a3), x, w0, w1, w2, w3, k, width, y, count);
        Store(Sums(b0, b1, b2, b3), x1, w0, w1, w2, w3, k, width, y + outputs, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(float* x, float* w0, float* w1, float* w2, float* w3, int width, float* y, int count)
    {
        var (a0, a1, a2, a3) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var k = 0;
        for (; k + W <= width; k += W)
        {
            var a = Vector256.Load(x + k);
            a0 = Vector256.FusedMultiplyAdd(a, Vector256.Load(w0 + k), a0);
            a1 = Vector256.FusedMultiplyAdd(a, Vector256.Load(w1 + k), a1);
            a2 = Vector256.FusedMultiplyAdd(a, Vector256.Load(w2 + k), a2);
            a3 = Vector256.FusedMultiplyAdd(a, Vector256.Load(w3 + k), a3);
        }
        Store(Sums(a0, a1, a2, a3), x, w0, w1, w2, w3, k, width, y, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sums(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        if (!Avx.IsSupported)
            return Vector128.Create(Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d));
        var halves = Avx.HorizontalAdd(Avx.HorizontalAdd(a, b), Avx.HorizontalAdd(c, d));
        return halves.GetLower() + halves.GetUpper();
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
