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

    public void Apply(ReadOnlySpan<float> input, Span<float> output)
    {
        for (var unit = 0; unit < Width; unit++)
        {
            var rows = _weight.AsSpan(unit * Pieces * input.Length, Pieces * input.Length);
            output[unit] = Greatest(rows, input, _bias.AsSpan(unit * Pieces, Pieces));
        }
        Normalise(output);
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

    // Three rows at once: their sums do not wait for each other. All sizes are multiples of any vector's.
    private static float Greatest(ReadOnlySpan<float> rows, ReadOnlySpan<float> input, ReadOnlySpan<float> bias)
    {
        var x = MemoryMarshal.Cast<float, Vector<float>>(input);
        var a = MemoryMarshal.Cast<float, Vector<float>>(rows[..input.Length]);
        var b = MemoryMarshal.Cast<float, Vector<float>>(rows.Slice(input.Length, input.Length));
        var c = MemoryMarshal.Cast<float, Vector<float>>(rows[(2 * input.Length)..]);
        Vector<float> a0 = default, b0 = default, c0 = default, a1 = default, b1 = default, c1 = default;
        for (var i = 0; i + 1 < x.Length; i += 2)
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
}
