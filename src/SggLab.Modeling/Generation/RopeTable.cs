using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Cosines and sines of single positions: after the prompt all three axes agree. Filled as positions come up.</summary>
internal sealed unsafe class RopeTable : IDisposable
{
    private const int PositionsABlock = 1024;

    private readonly float[] _frequencies;
    private readonly List<FloatBuffer> _blocks = [];

    public RopeTable(TextModel text)
    {
        using var scope = NewDisposeScope();
        _frequencies = text.InverseFrequencies(CPU).data<float>().ToArray();
    }

    /// <summary>Makes the table reach a position. Not to be called while others read.</summary>
    public void Prepare(int position)
    {
        while (_blocks.Count * PositionsABlock <= position)
        {
            var (half, first) = (_frequencies.Length, _blocks.Count * PositionsABlock);
            var block = new FloatBuffer(PositionsABlock, 2 * half);
            for (var p = 0; p < PositionsABlock; p++)
            {
                var row = block.Row(p);
                for (var i = 0; i < half; i++)
                    (row[half + i], row[i]) = MathF.SinCos((first + p) * _frequencies[i]);
            }
            _blocks.Add(block);
        }
    }

    /// <summary>d/2 cosines and d/2 sines.</summary>
    public Angles At(int position)
    {
        var row = _blocks[position / PositionsABlock].Row(position % PositionsABlock);
        return new Angles(row, row + _frequencies.Length);
    }

    public void Dispose()
    {
        foreach (var block in _blocks)
            block.Dispose();
    }

    public readonly struct Angles(float* cos, float* sin)
    {
        public float* Cos { get; } = cos;
        public float* Sin { get; } = sin;
    }
}
