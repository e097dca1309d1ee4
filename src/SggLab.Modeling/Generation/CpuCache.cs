using System.Runtime.InteropServices;
using static TorchSharp.torch;

// Shapes: B prompts, T tokens, K key-value heads, d head size.
namespace SggLab.Modeling;

/// <summary>
/// Keys and values of consecutive tokens of all layers and heads. Keys lie in blocks, dimension by dimension inside, so that a query meets many
/// of them at once and memory is read from front to back.
/// </summary>
internal sealed unsafe class CpuSegment : IDisposable
{
    /// <summary>Keys of a block.</summary>
    public const int KeyBlock = 64;

    private readonly int _heads;
    private readonly int _d;
    private float* _memory;

    public CpuSegment(int layers, int heads, int d, int capacity)
    {
        (_heads, _d, Capacity) = (heads, d, capacity);
        var count = 2L * layers * heads * d * capacity;
        _memory = FloatBuffer.Allocate(count);
        NativeMemory.Clear(_memory, (nuint)count * sizeof(float)); // Scores are computed past the last key.
    }

    /// <summary>Where a key's first dimension lies; the next is <see cref="KeyBlock"/> further.</summary>
    public static float* Key(float* keys, int place, int d) => keys + (long)(place / KeyBlock) * KeyBlock * d + place % KeyBlock;

    public float* Key(int layer, int head, int place) => Key(Keys(layer, head), place, _d);

    /// <summary>Places for tokens; a multiple of <see cref="KeyBlock"/>.</summary>
    public int Capacity { get; }

    public int Count { get; set; }

    /// <summary>[Capacity / b, d, b] for blocks of b = <see cref="KeyBlock"/> keys.</summary>
    public float* Keys(int layer, int head) => _memory + (2L * layer * _heads + head) * _d * Capacity;

    /// <summary>[Capacity, d]</summary>
    public float* Values(int layer, int head) => _memory + ((2L * layer + 1) * _heads + head) * _d * Capacity;

    public void Dispose()
    {
        if (_memory != null)
            NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}

/// <summary>A prompt's states in the layout of the CPU decoder.</summary>
internal sealed unsafe class CpuPrefix : IPrefix
{
    private readonly float[] _logits;

    public CpuPrefix(TextConfig config, PromptStates states, int prompt)
    {
        Length = states.Lengths[prompt];
        Next = states.Next[prompt];
        Segment = new CpuSegment(config.Layers, config.KvHeads, config.HeadDim, (Length + CpuSegment.KeyBlock - 1) / CpuSegment.KeyBlock * CpuSegment.KeyBlock) { Count = Length };
        _logits = TensorMemory.Floats(states.Logits_BV).Slice(prompt * config.VocabSize, config.VocabSize).ToArray();
        for (var layer = 0; layer < config.Layers; layer++)
            Copy(config, states.Keys[layer], states.Values[layer], layer, prompt);
    }

    private void Copy(TextConfig config, Tensor keys_BTKd, Tensor values_BTKd, int layer, int prompt)
    {
        using var scope = NewDisposeScope();
        var keys = keys_BTKd[prompt].narrow(0, 0, Length).permute(1, 2, 0).contiguous(); // [K,d,T]
        var values = values_BTKd[prompt].narrow(0, 0, Length).transpose(0, 1).contiguous(); // [K,T,d]
        for (var head = 0; head < config.KvHeads; head++)
        {
            var from = (float*)TensorMemory.Address(keys) + (long)head * config.HeadDim * Length;
            for (var place = 0; place < Length; place += CpuSegment.KeyBlock)
            for (var i = 0; i < config.HeadDim; i++)
            {
                var some = new ReadOnlySpan<float>(from + (long)i * Length + place, Math.Min(CpuSegment.KeyBlock, Length - place));
                some.CopyTo(new Span<float>(Segment.Key(layer, head, place) + (long)i * CpuSegment.KeyBlock, some.Length));
            }
            var size = Length * config.HeadDim;
            new ReadOnlySpan<float>((float*)TensorMemory.Address(values) + (long)head * size, size).CopyTo(new Span<float>(Segment.Values(layer, head), size));
        }
    }

    public int Length { get; }

    public int Next { get; }

    public CpuSegment Segment { get; }

    public ReadOnlySpan<float> Logits => _logits;

    public void Dispose() => Segment.Dispose();
}

/// <summary>A completion's states: pages of its own after the shared prompt.</summary>
internal sealed class CpuRow(TextConfig config, CpuPrefix prefix) : IDecodeRow
{
    private const int PageTokens = 64;

    public List<CpuSegment> Segments { get; } = [prefix.Segment];

    /// <summary>The position of the token that is fed next.</summary>
    public int Position { get; private set; } = prefix.Next;

    /// <summary>Tokens known so far.</summary>
    public int Count { get; private set; } = prefix.Length;

    /// <summary>Makes room for one token at the end of the last segment.</summary>
    public CpuSegment Grow()
    {
        if (Segments.Count == 1 || Segments[^1].Count == PageTokens)
            Segments.Add(new CpuSegment(config.Layers, config.KvHeads, config.HeadDim, PageTokens));
        Segments[^1].Count++;
        Count++;
        Position++;
        return Segments[^1];
    }

    public void Dispose()
    {
        foreach (var page in Segments.Skip(1))
            page.Dispose();
        Segments.RemoveRange(1, Segments.Count - 1);
    }
}
