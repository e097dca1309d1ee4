using System.Runtime.InteropServices;
using static TorchSharp.torch;

// Shapes: R rows, D hidden, H heads, K key-value heads, d head size, F intermediate size, V vocabulary rows.
namespace SggLab.Modeling;

/// <summary>
/// Decodes f32 weights on the CPU: four matrix products a layer by libtorch into memory that is there already, and the
/// steps in between as plain loops, so that a token costs little beside its arithmetic.
/// </summary>
internal sealed unsafe partial class CpuDecodeEngine : IDecodeEngine
{
    private const int RowsAThread = 4;

    [LibraryImport("torch_cpu")]
    private static partial int aoti_torch_cpu_mm_out(IntPtr result, IntPtr left, IntPtr right);

    private readonly Qwen2VLModel _model;
    private readonly TextConfig _config;
    private readonly RopeTable _rope;
    private readonly FusedWeights _weights;
    private Buffers? _buffers;
    private int _layer; // Which layer the loop bodies below work on.
    private float* _norm;
    private CpuRow[] _rows = [];
    private LayerPointers[] _layers = [];
    private readonly Action<int> _attend, _normaliseAttended, _gate, _normaliseLayer;

    public CpuDecodeEngine(Qwen2VLModel model)
    {
        _model = model;
        _config = model.Config.Text;
        _rope = new RopeTable(model.language_model);
        _weights = new FusedWeights(model.language_model);
        (_attend, _normaliseAttended, _gate, _normaliseLayer) = (Attend, NormaliseAttended, Gate, NormaliseLayer);
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
        RunLayers(count);
        Multiply(_buffers.Normed, _weights.Head, _buffers.Logits, count);
        return new ReadOnlySpan<float>(_buffers.Logits.Pointer, checked(count * _config.VocabSize));
    }

    private void RunLayers(int count)
    {
        var buffers = _buffers!;
        _norm = _layers[0].InputNorm;
        for (var i = 0; i < count; i++)
            CpuKernels.AddAndNormalise(buffers.Hidden.Row(i), null, _norm, buffers.Normed.Row(i), _config.HiddenSize, (float)_config.RmsNormEps);
        for (_layer = 0; _layer < _config.Layers; _layer++)
        {
            var layer = _weights.Layers[_layer];
            Multiply(buffers.Normed, layer.Qkv, buffers.QkvRows, count);
            TorchThreads.For(count, RowsAThread, _attend);
            Multiply(buffers.Attended, layer.Output, buffers.Added, count);
            _norm = _layers[_layer].PostNorm;
            TorchThreads.For(count, 4 * RowsAThread, _normaliseAttended);
            Multiply(buffers.Normed, layer.GateUp, buffers.GateUpRows, count);
            TorchThreads.For(count, 4 * RowsAThread, _gate);
            Multiply(buffers.Gated, layer.Down, buffers.Added, count);
            _norm = _layer + 1 < _config.Layers ? _layers[_layer + 1].InputNorm : Pointer(_weights.FinalNorm);
            TorchThreads.For(count, 4 * RowsAThread, _normaliseLayer);
        }
    }

    private static void Multiply(FloatBuffer left, Tensor right, FloatBuffer result, int rows)
    {
        if (aoti_torch_cpu_mm_out(result.Rows(rows).Handle, left.Rows(rows).Handle, right.Handle) != 0)
            throw new InvalidOperationException("libtorch refused a matrix product of the decoder.");
    }

    private void NormaliseAttended(int row) => Normalise(row);

    private void NormaliseLayer(int row) => Normalise(row);

    private void Normalise(int row) =>
        CpuKernels.AddAndNormalise(_buffers!.Hidden.Row(row), _buffers.Added.Row(row), _norm, _buffers.Normed.Row(row), _config.HiddenSize, (float)_config.RmsNormEps);

    private void Gate(int row) => CpuKernels.Gate(_buffers!.GateUpRows.Row(row), _buffers.Gated.Row(row), _config.IntermediateSize);

    /// <summary>Bias, norms and rotation of one row's query, key and value; the key and value are kept; the query looks back.</summary>
    private void Attend(int index)
    {
        var (row, layer) = (_rows[index], _layers[_layer]);
        var (d, group) = (_config.HeadDim, _config.Heads / _config.KvHeads);
        var scale = 1 / MathF.Sqrt(d);
        var qkv = _buffers!.QkvRows.Row(index);
        if (layer.QkvBias != null)
            CpuKernels.Add(qkv, layer.QkvBias, (_config.Heads + 2 * _config.KvHeads) * d);
        var angles = _rope.At(row.Position - 1);
        for (var head = 0; head < _config.Heads + _config.KvHeads; head++)
        {
            var norm = head < _config.Heads ? layer.QNorm : layer.KNorm;
            if (norm != null)
                CpuKernels.AddAndNormalise(qkv + head * d, null, norm, qkv + head * d, d, (float)_config.RmsNormEps);
            CpuKernels.Turn(qkv + head * d, angles.Cos, angles.Sin, d / 2);
            if (head < _config.Heads)
                CpuKernels.Multiply(qkv + head * d, scale, d);
        }
        var scores = _buffers.Scores.Row(index);
        for (var head = 0; head < _config.KvHeads; head++)
        {
            Keep(row.Segments[^1], head, qkv + (_config.Heads + head) * d, qkv + (_config.Heads + _config.KvHeads + head) * d);
            var query = head * group;
            var attended = _buffers.Attended.Row(index) + query * d;
            // Queries that share a head read its keys and values two at a time.
            for (var q = 0; q + 1 < group; q += 2)
                LookTwice(row, head, qkv + (query + q) * d, scores, attended + q * d);
            if (group % 2 == 1)
                Look(row, head, qkv + (query + group - 1) * d, scores, attended + (group - 1) * d);
        }
    }

    private void Keep(CpuSegment page, int head, float* key, float* value)
    {
        var place = page.Count - 1;
        var keys = page.Keys(_layer, head) + place;
        for (var i = 0; i < _config.HeadDim; i++)
            keys[(long)i * page.Capacity] = key[i];
        new ReadOnlySpan<float>(value, _config.HeadDim).CopyTo(new Span<float>(page.Values(_layer, head) + (long)place * _config.HeadDim, _config.HeadDim));
    }

    /// <summary>Attention of two queries that lie side by side.</summary>
    private void LookTwice(CpuRow row, int head, float* query, float* scores, float* result)
    {
        var (d, at) = (_config.HeadDim, 0);
        var other = scores + _buffers!.ScoreWidth;
        foreach (var segment in row.Segments)
        {
            CpuKernels.Scores(query, query + d, segment.Keys(_layer, head), segment.Capacity, segment.Count, d, scores + at, other + at);
            at += segment.Count;
        }
        var (sum, otherSum) = (CpuKernels.Exponentials(scores, at), CpuKernels.Exponentials(other, at));
        new Span<float>(result, 2 * d).Clear();
        at = 0;
        foreach (var segment in row.Segments)
        {
            CpuKernels.Mix(scores + at, other + at, segment.Values(_layer, head), segment.Count, d, result, result + d);
            at += segment.Count;
        }
        for (var i = 0; i < d; i++)
        {
            result[i] /= sum;
            result[d + i] /= otherSum;
        }
    }

    private void Look(CpuRow row, int head, float* query, float* scores, float* result)
    {
        var (d, at) = (_config.HeadDim, 0);
        foreach (var segment in row.Segments)
        {
            CpuKernels.Scores(query, segment.Keys(_layer, head), segment.Capacity, segment.Count, d, scores + at);
            at += segment.Count;
        }
        var sum = CpuKernels.Exponentials(scores, at);
        new Span<float>(result, d).Clear();
        at = 0;
        foreach (var segment in row.Segments)
        {
            CpuKernels.Mix(scores + at, segment.Values(_layer, head), segment.Count, d, result);
            at += segment.Count;
        }
        for (var i = 0; i < d; i++)
            result[i] /= sum;
    }

    public void Dispose()
    {
        _buffers?.Dispose();
        _weights.Dispose();
        _rope.Dispose();
    }

    private static float* Pointer(Tensor? tensor) => tensor is null ? null : (float*)TensorMemory.Address(tensor);

    /// <summary>Where the vectors of a layer lie.</summary>
    private sealed class LayerPointers(FusedWeights.Layer layer)
    {
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
        public FloatBuffer Scores { get; private set; } = new(0, 0);

        /// <summary>Scores of one query; a row has room for two.</summary>
        public int ScoreWidth { get; private set; }

        public void MakeRoomForScores(int tokens)
        {
            var width = tokens + CpuKernels.KeyBlock; // Scores are computed in blocks.
            if (width <= ScoreWidth)
                return;
            Scores.Dispose();
            ScoreWidth = Math.Max(width, 2 * ScoreWidth);
            Scores = new FloatBuffer(Capacity, 2 * ScoreWidth);
        }

        public void Dispose()
        {
            foreach (var buffer in new[] { Hidden, Normed, Added, QkvRows, Attended, GateUpRows, Gated, Logits, Scores })
                buffer.Dispose();
        }
    }
}
