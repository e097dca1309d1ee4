using System.Numerics;
using System.Runtime.InteropServices;

namespace SggLab.SceneGraphs.Similarity.SpacySm;

/// <summary>The greatest of three linear maps, then layer normalisation (epsilon 1e-8), 96 wide; float32 as in the original.</summary>
internal sealed class MaxoutLayer(WeightFile weights, string name)
{
    public const int Width = 96;
    private const int Pieces = 3;

    private readonly float[] _weight = weights[$"{name}.maxout.weight"];
    private readonly float[] _bias = weights[$"{name}.maxout.bias"];
    private readonly float[] _scale = weights[$"{name}.norm.weight"];
    private readonly float[] _shift = weights[$"{name}.norm.bias"];

    /// <summary>Numbers that the layer reads for each that it writes.</summary>
    private int InputWidth => _weight.Length / (Width * Pieces);

    /// <summary>Works out rows of <see cref="Width"/>, one after the other.</summary>
    /// <param name="input">Where the first row's input starts; the next row's starts <paramref name="stride"/> further on, so that inputs may overlap.</param>
    public void Apply(ReadOnlySpan<float> input, int stride, Span<float> output)
    {
        var rows = output.Length / Width;
        var row = 0;
        for (; row + 4 <= rows; row += 4) ApplyFour(input[(row * stride)..], stride, output.Slice(row * Width, 4 * Width));
        for (; row < rows; row++) ApplyOne(input.Slice(row * stride, InputWidth), output.Slice(row * Width, Width));
        for (row = 0; row < rows; row++) Normalise(output.Slice(row * Width, Width));
    }

    private void Normalise(Span<float> values)
    {
        var mean = 0f;
        foreach (var value in values) mean += value;
        mean /= Width;
        var variance = 0f;
        foreach (var value in values) variance += (value - mean) * (value - mean);
        var factor = 1 / MathF.Sqrt(variance / Width + 1e-8f);
        for (var i = 0; i < Width; i++) values[i] = (values[i] - mean) * factor * _scale[i] + _shift[i];
    }

    private void ApplyOne(ReadOnlySpan<float> input, Span<float> output)
    {
        for (var unit = 0; unit < Width; unit++)
        {
            var rows = _weight.AsSpan(unit * Pieces * input.Length, Pieces * input.Length);
            output[unit] = Greatest(rows, input, _bias.AsSpan(unit * Pieces, Pieces));
        }
    }

    // Three rows of weights at once: their sums do not wait for each other. All sizes are multiples of any vector's.
    private static float Greatest(ReadOnlySpan<float> rows, ReadOnlySpan<float> input, ReadOnlySpan<float> bias)
    {
        var x = MemoryMarshal.Cast<float, Vector<float>>(input);
        var a = MemoryMarshal.Cast<float, Vector<float>>(rows[..input.Length]);
        var b = MemoryMarshal.Cast<float, Vector<float>>(rows.Slice(input.Length, input.Length));
        var c = MemoryMarshal.Cast<float, Vector<float>>(rows[(2 * input.Length)..]);
        Vector<float> a0 = default, b0 = default, c0 = default, a1 = default, b1 = default, c1 = default;
        for (var i = 0; i < x.Length; i += 2)
        {
            a0 = Vector.FusedMultiplyAdd(a[i], x[i], a0);
            b0 = Vector.FusedMultiplyAdd(b[i], x[i], b0);
            c0 = Vector.FusedMultiplyAdd(c[i], x[i], c0);
            a1 = Vector.FusedMultiplyAdd(a[i + 1], x[i + 1], a1);
            b1 = Vector.FusedMultiplyAdd(b[i + 1], x[i + 1], b1);
            c1 = Vector.FusedMultiplyAdd(c[i + 1], x[i + 1], c1);
        }
        return Math.Max(Vector.Sum(a0 + a1) + bias[0], Math.Max(Vector.Sum(b0 + b1) + bias[1], Vector.Sum(c0 + c1) + bias[2]));
    }

    // Four inputs at once: a weight that was read serves all of them.
    private void ApplyFour(ReadOnlySpan<float> input, int stride, Span<float> output)
    {
        var width = InputWidth;
        ref var x = ref MemoryMarshal.GetReference(input);
        _ = input[3 * stride + width - 1];
        for (var unit = 0; unit < Width; unit++)
        {
            ref var weight = ref MemoryMarshal.GetReference(_weight.AsSpan(unit * Pieces * width, Pieces * width));
            Vector<float> a0 = default, b0 = default, c0 = default, a1 = default, b1 = default, c1 = default;
            Vector<float> a2 = default, b2 = default, c2 = default, a3 = default, b3 = default, c3 = default;
            for (var i = 0; i < width; i += Vector<float>.Count)
            {
                var a = Vector.LoadUnsafe(ref weight, (nuint)i);
                var b = Vector.LoadUnsafe(ref weight, (nuint)(width + i));
                var c = Vector.LoadUnsafe(ref weight, (nuint)(2 * width + i));
                var row = Vector.LoadUnsafe(ref x, (nuint)i);
                a0 = Vector.FusedMultiplyAdd(a, row, a0);
                b0 = Vector.FusedMultiplyAdd(b, row, b0);
                c0 = Vector.FusedMultiplyAdd(c, row, c0);
                row = Vector.LoadUnsafe(ref x, (nuint)(stride + i));
                a1 = Vector.FusedMultiplyAdd(a, row, a1);
                b1 = Vector.FusedMultiplyAdd(b, row, b1);
                c1 = Vector.FusedMultiplyAdd(c, row, c1);
                row = Vector.LoadUnsafe(ref x, (nuint)(2 * stride + i));
                a2 = Vector.FusedMultiplyAdd(a, row, a2);
                b2 = Vector.FusedMultiplyAdd(b, row, b2);
                c2 = Vector.FusedMultiplyAdd(c, row, c2);
                row = Vector.LoadUnsafe(ref x, (nuint)(3 * stride + i));
                a3 = Vector.FusedMultiplyAdd(a, row, a3);
                b3 = Vector.FusedMultiplyAdd(b, row, b3);
                c3 = Vector.FusedMultiplyAdd(c, row, c3);
            }
            var bias = _bias.AsSpan(unit * Pieces, Pieces);
            output[unit] = Greatest(a0, b0, c0, bias);
            output[Width + unit] = Greatest(a1, b1, c1, bias);
            output[2 * Width + unit] = Greatest(a2, b2, c2, bias);
            output[3 * Width + unit] = Greatest(a3, b3, c3, bias);
        }
    }

    private static float Greatest(Vector<float> a, Vector<float> b, Vector<float> c, ReadOnlySpan<float> bias) =>
        Math.Max(Vector.Sum(a) + bias[0], Math.Max(Vector.Sum(b) + bias[1], Vector.Sum(c) + bias[2]));
}
