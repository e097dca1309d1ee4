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
            var greatest = float.NegativeInfinity;
            for (var piece = unit * Pieces; piece < (unit + 1) * Pieces; piece++)
                greatest = Math.Max(greatest, Dot(_weight.AsSpan(piece * input.Length, input.Length), input) + _bias[piece]);
            output[unit] = greatest;
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

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var va = MemoryMarshal.Cast<float, Vector<float>>(a);
        var vb = MemoryMarshal.Cast<float, Vector<float>>(b);
        var sum = Vector<float>.Zero;
        for (var i = 0; i < va.Length; i++) sum += va[i] * vb[i];
        var dot = Vector.Sum(sum);
        for (var i = va.Length * Vector<float>.Count; i < a.Length; i++) dot += a[i] * b[i];
        return dot;
    }
}
