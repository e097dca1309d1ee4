using System.Runtime.Intrinsics;
using static TorchSharp.torch;

// Shapes: R rows, D hidden, H heads, K key-value heads, d head size, F intermediate size, V vocabulary rows.
namespace SggLab.Modeling;

/// <summary>Picks the loops for this processor.</summary>
internal static class CpuDecodeEngine
{
    public static IDecodeEngine Of(Qwen2VLModel model) => Vector512.IsHardwareAccelerated ? new CpuDecodeEngine<Lanes16>(model) : new CpuDecodeEngine<Lanes8>(model);
}

/// <summary>
/// Decodes f32 weights on the CPU with plain loops over memory that is there already, so that a token costs little beside its arithmetic. Threads
/// share the outputs of each product, so that every weight is read once. Where the weights fit a core's own cache, rows need nothing from each
/// other: threads take a share of them each and meet at the end of the step. The bits are the same.
/// </summary>
internal sealed unsafe class CpuDecodeEngine<V> : IDecodeEngine where V : struct, ILanes<V>
{
    private const int RowsAThread = 4;

    /// <summary>Queries that read keys and values together.</summary>
    private const int Queries = 4;

    /// <summary>Weights of up to this many values lie in a core's own cache, so that every thread may read all of them.</summary>
    private const long CachedWeights = 1 << 20;

    /// <summary>Multiplications of a product that are worth the start of a second thread.</summary>
    private const long WorthSharing = 1 << 17;

    private readonly Qwen2VLModel _model;
    private readonly TextConfig _config;
    private readonly RopeTable _rope;
    private readonly FusedWeights _weights;
    private readonly int _qkv; // Values of a row's query, key and value.
    private Buffers? _buffers;
    private CpuRow[] _rows = [];
    private LayerPointers[] _layers = [];

    public CpuDecodeEngine(Qwen2VLModel model)
    {
        _model = model;
        _config = model.Config.Text;
        _rope = new RopeTable(model.language_model);
        _weights = new FusedWeights(model.language_model);
        _qkv = (_config.Heads + 2 * _config.KvHeads) * _config.HeadDim;
    }

    public void Refresh()
    {
        _weights.Refresh();
        _layers = [.. _weights.Layers.Select(l => new LayerPointers(l))];
    }

    public IReadOnlyList<IPrefix> Read(IReadOnlyList<ProcessedPrompt> prompts)
    {
        using var scope = NewDisposeScope();
        using var states = PrefixReader.Read(_model, prompts);
        return [.. prompts.Select((_, i) => new CpuPrefix(_config, states, i))];
    }

    public IDecodeRow Begin(IPrefix prefix) => new CpuRow(_config, (CpuPrefix)prefix);

    public ReadOnlySpan<float> Step(IReadOnlyList<IDecodeRow> rows, ReadOnlySpan<int> tokens)
    {
        var count = rows.Count;
        if (_buffers is null || _buffers.Capacity < count)
        {
            _buffers?.Dispose();
            _buffers = new Buffers(_config, count);
        }
        if (_rows.Length != count)
            _rows = new CpuRow[count];
        var embedding = Pointer(_weights.Embedding);
        var longest = 0;
        for (var i = 0; i < count; i++)
        {
            _rows[i] = (CpuRow)rows[i];
            _rope.Prepare(_rows[i].Position);
            _rows[i].Grow();
            longest = Math.Max(longest, _rows[i].Count);
            new ReadOnlySpan<float>(embedding + (long)tokens[i] * _config.HiddenSize, _config.HiddenSize).CopyTo(new Span<float>(_buffers.Hidden.Row(i), _config.HiddenSize));
        }
        _buffers.MakeRoomForScores(longest);
        var threads = Math.Min(get_num_threads(), count);
        if (threads > 1 && CountWeights() <= CachedWeights)
            TorchThreads.For(threads, 1, t => RunLayers(count * t / threads, count * (t + 1) / threads, shared: false));
        else
            RunLayers(0, count, shared: true);
        return new ReadOnlySpan<float>(_buffers.Logits.Pointer, checked(count * _config.VocabSize));
    }

    private long CountWeights() =>
        _config.Layers * (long)_config.HiddenSize * (_qkv + _config.Heads * _config.HeadDim + 3 * _config.IntermediateSize) + (long)_config.HiddenSize * _config.VocabSize;

    /// <param name="shared">Whether threads share this work; false where a thread does it alone.</param>
    private void RunLayers(int first, int last, bool shared)
    {
        var (buffers, hidden, middle) = (_buffers!, _config.HiddenSize, _config.IntermediateSize);
        Each(row => Normalise(row, null, Layer(0).InputNorm), RowsAThread);
        for (var i = 0; i < _config.Layers; i++)
        {
            var layer = Layer(i);
            var number = i;
            Project(buffers.Normed, layer.Qkv, buffers.QkvRows, hidden, _qkv);
            Each(row => Attend(row, number), 1);
            Project(buffers.Attended, layer.Output, buffers.Added, _config.Heads * _config.HeadDim, hidden);
            Each(row => Normalise(row, buffers.Added, layer.PostNorm), RowsAThread);
            Project(buffers.Normed, layer.GateUp, buffers.GateUpRows, hidden, 2 * middle);
            Each(row => CpuKernels<V>.Gate(buffers.GateUpRows.Row(row), buffers.GateUpRows.Row(row) + middle, buffers.Gated.Row(row), middle), RowsAThread);
            Project(buffers.Gated, layer.Down, buffers.Added, middle, hidden);
            var norm = i + 1 < _config.Layers ? (IntPtr)Layer(i + 1).InputNorm : (IntPtr)Pointer(_weights.FinalNorm);
            Each(row => Normalise(row, buffers.Added, (float*)norm), RowsAThread);
        }
        Project(buffers.Normed, Pointer(_weights.Head), buffers.Logits, hidden, _config.VocabSize);

        void Each(Action<int> body, int grain)
        {
            if (shared)
                TorchThreads.For(last - first, grain, body);
            else
                for (var row = first; row < last; row++)
                    body(row);
        }

        void Project(FloatBuffer from, float* weight, FloatBuffer to, int width, int outputs)
        {
            var (x, y, rows) = ((IntPtr)from.Row(first), (IntPtr)to.Row(first), last - first);
            var parts = shared ? (int)Math.Clamp((long)rows * width * outputs / WorthSharing, 1, get_num_threads()) : 1;
            if (parts == 1)
            {
                CpuProjection<V>.Run((float*)x, weight, (float*)y, rows, width, outputs, 0, outputs);
                return;
            }
            var (w, columns) = ((IntPtr)weight, (outputs + parts - 1) / parts);
            TorchThreads.For(parts, 1, part => CpuProjection<V>.Run((float*)x, (float*)w, (float*)y, rows, width, outputs, part * columns, Math.Min(outputs, (part + 1) * columns)));
        }
    }

    private LayerPointers Layer(int i) => _layers[i];

    private void Normalise(int row, FloatBuffer? add, float* norm) =>
        CpuKernels<V>.AddAndNormalise(_buffers!.Hidden.Row(row), add is null ? null : add.Row(row), norm, _buffers.Normed.Row(row), _config.HiddenSize, (float)_config.RmsNormEps);

    /// <summary>Bias, norms and rotation of one row's query, key and value; the key and value are kept; the query looks back.</summary>
    private void Attend(int index, int number)
    {
        var (row, layer) = (_rows[index], _layers[number]);
        var (d, group) = (_config.HeadDim, _config.Heads / _config.KvHeads);
        var scale = 1 / MathF.Sqrt(d);
        var qkv = _buffers!.QkvRows.Row(index);
        if (layer.QkvBias != null)
            CpuKernels<V>.Add(qkv, layer.QkvBias, _qkv);
        var angles = _rope.At(row.Position - 1);
        for (var head = 0; head < _config.Heads + _config.KvHeads; head++)
        {
            var norm = head < _config.Heads ? layer.QNorm : layer.KNorm;
            if (norm != null)
                CpuKernels<V>.AddAndNormalise(qkv + head * d, null, norm, qkv + head * d, d, (float)_config.RmsNormEps);
            CpuKernels<V>.Turn(qkv + head * d, angles.Cos, angles.Sin, qkv + head * d, d / 2, 1);
            if (head < _config.Heads)
                CpuKernels<V>.Multiply(qkv + head * d, scale, qkv + head * d, d);
        }
        for (var head = 0; head < _config.KvHeads; head++)
        {
            Keep(row.Segments[^1], number, head, qkv + (_config.Heads + head) * d, qkv + (_config.Heads + _config.KvHeads + head) * d);
            for (var q = 0; q < group; q += Queries)
                Look(row, index, number, head, qkv, head * group + q, Math.Min(Queries, group - q));
        }
    }

    private void Keep(CpuSegment page, int layer, int head, float* key, float* value)
    {
        var place = page.Count - 1;
        var keys = page.Key(layer, head, place);
        for (var i = 0; i < _config.HeadDim; i++)
            keys[(long)i * CpuSegment.KeyBlock] = key[i];
        new ReadOnlySpan<float>(value, _config.HeadDim).CopyTo(new Span<float>(page.Values(layer, head) + (long)place * _config.HeadDim, _config.HeadDim));
    }

    /// <summary>Attention of queries that lie side by side and share a head's keys and values. Where they are less than four, the last is computed again.</summary>
    private void Look(CpuRow row, int index, int layer, int head, float* qkv, int first, int count)
    {
        var (d, at, width) = (_config.HeadDim, 0, _buffers!.ScoreWidth);
        var query = qkv + first * d;
        var q1 = query + Math.Min(1, count - 1) * d;
        var q2 = query + Math.Min(2, count - 1) * d;
        var q3 = query + (count - 1) * d;
        var scores = _buffers.Scores.Row(index);
        var mixed = _buffers.Mixed.Row(index);
        foreach (var segment in row.Segments)
        {
            CpuKernels<V>.Scores(query, q1, q2, q3, segment.Keys(layer, head), segment.Count, d, scores + at, width);
            at += segment.Count;
        }
        var sums = stackalloc float[Queries];
        for (var n = 0; n < Queries; n++)
            sums[n] = CpuKernels<V>.Exponentials(scores + n * width, at, out _);
        new Span<float>(mixed, Queries * d).Clear();
        at = 0;
        foreach (var segment in row.Segments)
        {
            CpuKernels<V>.Mix(scores + at, width, segment.Values(layer, head), segment.Count, d, mixed);
            at += segment.Count;
        }
        var result = _buffers.Attended.Row(index) + first * d;
        for (var n = 0; n < count; n++)
        for (var i = 0; i < d; i++)
            result[n * d + i] = mixed[n * d + i] / sums[n];
    }

    public void Dispose()
    {
        _buffers?.Dispose();
        _weights.Dispose();
        _rope.Dispose();
    }

    private static float* Pointer(Tensor? tensor) => tensor is null ? null : (float*)TensorMemory.Address(tensor);

    /// <summary>Where the weights of a layer lie; matrices are a transposed view of [outputs, inputs], row by row.</summary>
    private sealed class LayerPointers(FusedWeights.Layer layer)
    {
        public float* Qkv { get; } = Pointer(layer.Qkv);
        public float* Output { get; } = Pointer(layer.Output);
        public float* GateUp { get; } = Pointer(layer.GateUp);
        public float* Down { get; } = Pointer(layer.Down);
        public float* InputNorm { get; } = Pointer(layer.InputNorm);
        public float* PostNorm { get; } = Pointer(layer.PostNorm);
        public float* QkvBias { get; } = Pointer(layer.QkvBias);
        public float* QNorm { get; } = Pointer(layer.QNorm);
        public float* KNorm { get; } = Pointer(layer.KNorm);
    }

    /// <summary>The memory that a step works in, for a number of rows.</summary>
    private sealed class Buffers(TextConfig config, int rows) : IDisposable
    {
        public int Capacity { get; } = rows;
        public FloatBuffer Hidden { get; } = new(rows, config.HiddenSize);
        public FloatBuffer Normed { get; } = new(rows, config.HiddenSize);
        public FloatBuffer Added { get; } = new(rows, config.HiddenSize);
        public FloatBuffer QkvRows { get; } = new(rows, (config.Heads + 2 * config.KvHeads) * config.HeadDim);
        public FloatBuffer Attended { get; } = new(rows, config.Heads * config.HeadDim);
        public FloatBuffer GateUpRows { get; } = new(rows, 2 * config.IntermediateSize);
        public FloatBuffer Gated { get; } = new(rows, config.IntermediateSize);
        public FloatBuffer Logits { get; } = new(rows, config.VocabSize);
        public FloatBuffer Mixed { get; } = new(rows, Queries * config.HeadDim);
        public FloatBuffer Scores { get; private set; } = new(0, 0);

        /// <summary>Scores of one query; a row has room for <see cref="Queries"/>.</summary>
        public int ScoreWidth { get; private set; }

        public void MakeRoomForScores(int tokens)
        {
            var width = tokens + CpuSegment.KeyBlock; // Scores are computed in blocks.
            if (width <= ScoreWidth)
                return;
            Scores.Dispose();
            ScoreWidth = Math.Max(width, 2 * ScoreWidth);
            Scores = new FloatBuffer(Capacity, Queries * ScoreWidth);
        }

        public void Dispose()
        {
            foreach (var buffer in new[] { Hidden, Normed, Added, QkvRows, Attended, GateUpRows, Gated, Logits, Mixed, Scores })
                buffer.Dispose();
        }
    }
}
