using TorchSharp;
using static TorchSharp.torch;

// Shapes: R rows, P prompts, G rows of the prompt that has most, D hidden, H heads, K key-value heads, g = H/K, d head size,
// S tokens of the longest prompt, T own tokens of the longest row, C places for own tokens, V vocabulary rows.
// Of products: M matrices, one a row (or prompt) and key-value head.
namespace SggLab.Modeling;

/// <summary>
/// Decodes with libtorch's operators, for every type and device. The queries of all rows of a prompt meet its keys in one
/// product; key and value heads are never repeated for the query heads that share them, and products read the caches where they lie.
/// </summary>
internal sealed class TorchDecodeEngine : IDecodeEngine
{
    private const int Growth = 128;

    private readonly Qwen2VLModel _model;
    private readonly TextConfig _config;
    private readonly FusedWeights _weights;
    private readonly Tensor _frequencies;
    private readonly bool _drawsOnDevice;
    private Layout? _layout;
    private Tensor? _logits;

    /// <param name="drawsOnDevice">Whether tokens are drawn where the logits are.</param>
    public TorchDecodeEngine(Qwen2VLModel model, bool drawsOnDevice)
    {
        _model = model;
        _drawsOnDevice = drawsOnDevice;
        _config = model.Config.Text;
        _weights = new FusedWeights(model.language_model);
        using var scope = NewDisposeScope();
        _frequencies = model.language_model.InverseFrequencies(model.Weights.Device).DetachFromDisposeScope();
    }

    private Device Device => _model.Weights.Device;

    public void Refresh() => _weights.Refresh();

    public IReadOnlyList<IPrefix> Read(IReadOnlyList<ProcessedPrompt> prompts)
    {
        using var scope = NewDisposeScope();
        using var states = PrefixReader.Read(_model, prompts);
        var prefixes = prompts.Select((_, i) => new Prefix(states, i, _config)).ToArray();
        for (var layer = 0; layer < _config.Layers; layer++)
        {
            foreach (var prefix in prefixes)
                prefix.Take(states, layer);
            states.Keys[layer].Dispose();
            states.Values[layer].Dispose();
        }
        return prefixes;
    }

    public IDecodeRow Begin(IPrefix prefix) => new Row((Prefix)prefix);

    public ReadOnlySpan<float> Step(IReadOnlyList<IDecodeRow> rows, ReadOnlySpan<int> tokens)
    {
        using var scope = NewDisposeScope();
        var logits_RV = Run(rows, tokens);
        _logits?.Dispose();
        _logits = logits_RV.to_type(ScalarType.Float32).cpu().contiguous().DetachFromDisposeScope();
        return TensorMemory.Floats(_logits);
    }

    public Draw[] Step(IReadOnlyList<IDecodeRow> rows, ReadOnlySpan<int> tokens, Sampler sampler, IReadOnlyList<Chance> chances)
    {
        // Which tokens were left is many numbers again, and on a CPU nothing is saved.
        if (!_drawsOnDevice || sampler.Settings.KeepSets)
            return sampler.Choose(Step(rows, tokens), chances);
        using var scope = NewDisposeScope();
        return DeviceSampler.Choose(Run(rows, tokens), sampler, chances);
    }

    /// <returns>Logits [R,V].</returns>
    private Tensor Run(IReadOnlyList<IDecodeRow> rows, ReadOnlySpan<int> tokens)
    {
        Arrange(rows);
        var layout = _layout!;
        var places = layout.NextPlaces(_weights.Embedding.dtype);
        var x_RD = _weights.Embedding.index_select(0, Longs(tokens));
        var rope = Rope.Of((places.Positions_R.to_type(ScalarType.Float32).unsqueeze(1) * _frequencies).unsqueeze(1), x_RD.dtype);
        for (var i = 0; i < _weights.Layers.Length; i++)
            x_RD = RunLayer(i, x_RD, rope, layout, places);
        layout.Advance();
        return TorchDispatcher.RmsNorm(x_RD, _weights.FinalNorm, _config.RmsNormEps).mm(_weights.Head);
    }

    private Tensor RunLayer(int i, Tensor x_RD, Rope rope, Layout layout, Places places)
    {
        using var scope = NewDisposeScope();
        var layer = _weights.Layers[i];
        var (heads, kv, d) = (_config.Heads, _config.KvHeads, _config.HeadDim);
        var normed_RD = TorchDispatcher.RmsNorm(x_RD, layer.InputNorm, _config.RmsNormEps);
        var qkv = layer.QkvBias is null ? normed_RD.mm(layer.Qkv) : addmm(layer.QkvBias, normed_RD, layer.Qkv, 1, 1);
        var all_Rhd = qkv.view(-1, heads + 2 * kv, d);
        var (q_RHd, k_RKd) = (all_Rhd.narrow(1, 0, heads), all_Rhd.narrow(1, heads, kv));
        if (layer.QNorm is not null)
            (q_RHd, k_RKd) = (TorchDispatcher.RmsNorm(q_RHd, layer.QNorm, _config.RmsNormEps), TorchDispatcher.RmsNorm(k_RKd, layer.KNorm!, _config.RmsNormEps));
        layout.Keep(i, rope.Turn(k_RKd), all_Rhd.narrow(1, heads + kv, kv), places);
        var mixed_RHd = layout.Look(i, rope.Turn(q_RHd).view(-1, kv, heads / kv, d), places);
        var attended_RD = x_RD.Plus(mixed_RHd.reshape(-1, heads * d).mm(layer.Output));
        var gateUp = TorchDispatcher.RmsNorm(attended_RD, layer.PostNorm, _config.RmsNormEps).mm(layer.GateUp);
        var gated_RF = nn.functional.silu(gateUp.narrow(1, 0, _config.IntermediateSize)) * gateUp.narrow(1, _config.IntermediateSize, _config.IntermediateSize);
        return attended_RD.Plus(gated_RF.mm(layer.Down)).MoveToOuterDisposeScope();
    }

    private Tensor Longs(ReadOnlySpan<int> values)
    {
        var longs = new long[values.Length];
        for (var i = 0; i < longs.Length; i++)
            longs[i] = values[i];
        return tensor(longs, device: Device);
    }

    /// <summary>Lays the caches out anew where rows came or went, or where the places for own tokens are used up.</summary>
    private void Arrange(IReadOnlyList<IDecodeRow> rows)
    {
        var wanted = rows.Cast<Row>().ToArray();
        var room = wanted.Max(r => r.Count) + 1;
        if (_layout is not null && room <= _layout.Places && wanted.AsSpan().SequenceEqual(_layout.Rows))
            return;
        var old = _layout;
        _layout = new Layout(_config, Device, wanted, (room + Growth - 1) / Growth * Growth, old);
        old?.Dispose();
    }

    public void Dispose()
    {
        _layout?.Dispose();
        _logits?.Dispose();
        _weights.Dispose();
        _frequencies.Dispose();
    }

    private sealed class Prefix : IPrefix
    {
        private readonly float[] _logits;

        private readonly int _prompt;

        public Prefix(PromptStates states, int prompt, TextConfig config)
        {
            _prompt = prompt;
            Length = states.Lengths[prompt];
            Next = states.Next[prompt];
            _logits = TensorMemory.Floats(states.Logits_BV).Slice(prompt * config.VocabSize, config.VocabSize).ToArray();
            (Keys, Values) = (new Tensor?[config.Layers], new Tensor?[config.Layers]);
        }

        public int Length { get; }
        public int Next { get; }
        public ReadOnlySpan<float> Logits => _logits;
        /// <summary>[K,Length,d] a layer, until a layout has them.</summary>
        public Tensor?[] Keys { get; }
        public Tensor?[] Values { get; }

        public void Take(PromptStates states, int layer) => (Keys[layer], Values[layer]) = (Own(states.Keys[layer]), Own(states.Values[layer]));

        private Tensor Own(Tensor states_BTKd)
        {
            using var scope = NewDisposeScope();
            return states_BTKd[_prompt].narrow(0, 0, Length).transpose(0, 1).clone().DetachFromDisposeScope();
        }

        public void Dispose()
        {
            foreach (var tensor in Keys.Concat(Values))
                tensor?.Dispose();
        }
    }

    private sealed class Row(Prefix prefix) : IDecodeRow
    {
        public Prefix Prefix { get; } = prefix;
        /// <summary>Own tokens fed so far.</summary>
        public int Count { get; set; }

        public void Dispose()
        {
        }
    }

    /// <summary>Where the tokens of one step stand: the same for all layers, so it goes to the device once.</summary>
    /// <param name="Positions_R">Of the rope.</param>
    /// <param name="Cells_RK1d">Of each number of a token's keys and values: its place among the row's own tokens.</param>
    /// <param name="Mask_R11T">Minus infinity where a row has no own token yet.</param>
    private sealed record Places(Tensor Positions_R, Tensor Cells_RK1d, Tensor Mask_R11T, int Tokens);

    /// <summary>The caches of one set of rows, and which row belongs to which prompt.</summary>
    private sealed class Layout : IDisposable
    {
        private readonly TextConfig _config;
        private readonly Device _device;
        private readonly List<Tensor> _owned = [];
        private readonly List<Prefix> _prefixes;
        private readonly Tensor?[] _prefixKeys, _prefixValues;
        private readonly Tensor[] _ownKeys, _ownValues;
        private readonly Tensor _prefixMask, _rowOfSeat, _seatOfRow, _next, _cells, _never;
        private readonly int _prompts, _seats;
        /// <summary>Whether the rows fill the seats one after the other, as they do until the first leaves.</summary>
        private readonly bool _inOrder;

        /// <summary>Takes over what an older layout and freshly read prompts hold, a layer at a time: caches are never there twice.</summary>

        public Layout(TextConfig config, Device device, Row[] rows, int places, Layout? old)
        {
            (_config, _device, Rows, Places) = (config, device, rows, places);
            using var scope = NewDisposeScope();
            var prompts = _prefixes = [.. rows.Select(r => r.Prefix).Distinct()];
            var groups = prompts.Select(p => Enumerable.Range(0, rows.Length).Where(r => rows[r].Prefix == p).ToArray()).ToArray();
            (_prompts, _seats) = (prompts.Count, groups.Max(g => g.Length));
            // Every prompt has as many seats as the fullest; an empty seat repeats row 0, whose result nobody reads.
            var (rowOfSeat, seatOfRow) = (new long[_prompts * _seats], new long[rows.Length]);
            for (var p = 0; p < _prompts; p++)
            {
                for (var s = 0; s < groups[p].Length; s++)
                    (rowOfSeat[p * _seats + s], seatOfRow[groups[p][s]]) = (groups[p][s], p * _seats + s);
            }
            _inOrder = rowOfSeat.SequenceEqual(seatOfRow);
            _rowOfSeat = Own(tensor(rowOfSeat, device: device));
            _seatOfRow = Own(tensor(seatOfRow, device: device));
            _next = Own(tensor(rows.Select(r => (long)r.Prefix.Next).ToArray(), device: device));
            _cells = Own(tensor(Enumerable.Range(0, places).Select(at => (long)at).ToArray(), device: device));
            _never = Own(tensor(float.NegativeInfinity, device: device));
            var longest = prompts.Max(p => p.Length);
            (_prefixKeys, _prefixValues) = (new Tensor?[config.Layers], new Tensor?[config.Layers]);
            (_ownKeys, _ownValues) = (new Tensor[config.Layers], new Tensor[config.Layers]);
            for (var l = 0; l < config.Layers; l++)
            {
                _prefixKeys[l] = TakePrompts(old, old?._prefixKeys, [.. prompts.Select(p => p.Keys)], l, longest);
                _prefixValues[l] = TakePrompts(old, old?._prefixValues, [.. prompts.Select(p => p.Values)], l, longest);
                _ownKeys[l] = TakeRows(old, old?._ownKeys[l], _prefixKeys[l]!.dtype);
                _ownValues[l] = TakeRows(old, old?._ownValues[l], _prefixKeys[l]!.dtype);
            }
            _prefixMask = Own(MaskOf(longest, _prefixKeys[0]!.dtype));
        }

        public Row[] Rows { get; }

        public int Places { get; }

        public Places NextPlaces(ScalarType type)
        {
            var counts_R = tensor(Rows.Select(r => (long)r.Count).ToArray(), device: _device);
            var tokens = Rows.Max(r => r.Count) + 1;
            var missing_RT = _cells.narrow(0, 0, tokens).unsqueeze(0).gt(counts_R.unsqueeze(1));
            var mask_RT = where(missing_RT, _never, zeros_like(_never)).to_type(type);
            var cells_RK1d = counts_R.view(-1, 1, 1, 1).expand(-1, _config.KvHeads, 1, _config.HeadDim);
            return new Places(_next.Plus(counts_R), cells_RK1d, mask_RT.unsqueeze(1).unsqueeze(1), tokens);
        }

        public void Advance()
        {
            foreach (var row in Rows)
                row.Count++;
        }

        /// <summary>Writes the keys and values of the tokens just fed.</summary>
        public void Keep(int layer, Tensor k_RKd, Tensor v_RKd, Places places)
        {
            _ownKeys[layer].scatter_(2, places.Cells_RK1d, k_RKd.unsqueeze(2));
            _ownValues[layer].scatter_(2, places.Cells_RK1d, v_RKd.unsqueeze(2));
        }

        /// <summary>What each query takes from its prompt and its own tokens, [R,K,g,d].</summary>
        public Tensor Look(int layer, Tensor q_RKgd, Places places)
        {
            var (kv, g, d) = (q_RKgd.size(1), q_RKgd.size(2), q_RKgd.size(3));
            var scaled_RKgd = q_RKgd.Times(1 / Math.Sqrt(d));
            var tokens = places.Tokens;
            var toPrompt_RKgS = ToRows(ToPrompts(scaled_RKgd).bmm(Matrices(_prefixKeys[layer]!).transpose(1, 2)), kv, g).Plus(_prefixMask);
            var ownKeys_MTd = Matrices(_ownKeys[layer]).narrow(1, 0, tokens);
            var toOwn_RKgT = Matrices(scaled_RKgd).bmm(ownKeys_MTd.transpose(1, 2)).view(-1, kv, g, tokens).Plus(places.Mask_R11T);
            // The softmax is taken in f32, as the reference's attention does.
            var weights = cat([toPrompt_RKgS, toOwn_RKgT], -1).to_type(ScalarType.Float32).softmax(-1).to_type(q_RKgd.dtype);
            var length = toPrompt_RKgS.size(-1);
            var fromPrompt_RKgd = ToRows(ToPrompts(weights.narrow(-1, 0, length)).bmm(Matrices(_prefixValues[layer]!)), kv, g);
            var ownValues_MTd = Matrices(_ownValues[layer]).narrow(1, 0, tokens);
            var fromOwn_RKgd = weights.narrow(-1, length, tokens).flatten(0, 1).bmm(ownValues_MTd).view(-1, kv, g, d);
            return fromPrompt_RKgd.Plus(fromOwn_RKgd);
        }

        /// <summary>[X,K,n,x] to [M,n,x], in place: a view fails where it would have to copy, as a product of four dimensions does unasked.</summary>
        private static Tensor Matrices(Tensor tensor_XKnx) => tensor_XKnx.view(-1, tensor_XKnx.size(2), tensor_XKnx.size(3));

        /// <summary>[R,K,g,x] to [M,G*g,x], M of the prompts.</summary>
        private Tensor ToPrompts(Tensor rows_RKgx) =>
            (_inOrder ? rows_RKgx : rows_RKgx.index_select(0, _rowOfSeat)).unflatten(0, _prompts, _seats).transpose(1, 2).flatten(2, 3).flatten(0, 1);

        /// <summary>And back.</summary>
        private Tensor ToRows(Tensor prompts_Mnx, long kv, long g)
        {
            var seats = prompts_Mnx.view(_prompts, kv, _seats, g, -1).transpose(1, 2).flatten(0, 1);
            return _inOrder ? seats : seats.index_select(0, _seatOfRow);
        }

        private Tensor MaskOf(int longest, ScalarType type)
        {
            var mask = new float[Rows.Length * longest];
            for (var r = 0; r < Rows.Length; r++)
                Array.Fill(mask, float.NegativeInfinity, r * longest + Rows[r].Prefix.Length, longest - Rows[r].Prefix.Length);
            return tensor(mask, [Rows.Length, 1, 1, longest]).to(type, _device);
        }

        /// <summary>[P,K,S,d]: a layer's keys or values of the prompts, out of the older layout or as they were read; both let go of them.</summary>
        /// <param name="read_KSd">Of each prompt, of each layer; null where the older layout has it.</param>
        private Tensor TakePrompts(Layout? old, Tensor?[]? ofOld, Tensor?[][] read_KSd, int layer, int longest)
        {
            var old_PKSd = ofOld?[layer];
            if (ofOld is not null)
                ofOld[layer] = null;
            if (old_PKSd is not null && old!._prefixes.SequenceEqual(_prefixes))
                return old_PKSd;
            using var scope = NewDisposeScope();
            var places = _prefixes.Select(prefix => (long)(old?._prefixes.IndexOf(prefix) ?? -1)).ToArray();
            Tensor fresh_PKSd;
            if (places.All(place => place >= 0))
            {
                fresh_PKSd = old_PKSd!.narrow(2, 0, longest).index_select(0, tensor(places, device: _device));
            }
            else
            {
                var first = read_KSd.First(states => states[layer] is not null)[layer]!;
                fresh_PKSd = zeros([_prompts, _config.KvHeads, longest, _config.HeadDim], first.dtype, _device);
                for (var p = 0; p < _prompts; p++)
                    fresh_PKSd[p].narrow(1, 0, _prefixes[p].Length).copy_(read_KSd[p][layer] ?? old_PKSd![places[p]].narrow(1, 0, _prefixes[p].Length));
            }
            old_PKSd?.Dispose();
            foreach (var states in read_KSd)
            {
                states[layer]?.Dispose();
                states[layer] = null;
            }
            return fresh_PKSd.DetachFromDisposeScope();
        }

        /// <summary>[R,K,C,d]: what rows had before, and empty places; the older layout lets go of it.</summary>
        private Tensor TakeRows(Layout? old, Tensor? old_RKCd, ScalarType type)
        {
            using var scope = NewDisposeScope();
            var (rows, oldRows) = (Rows, old?.Rows);
            var fresh = zeros([rows.Length, _config.KvHeads, Places, _config.HeadDim], type, _device);
            if (old_RKCd is not null)
            {
                var (to, from) = (new List<long>(), new List<long>());
                for (var r = 0; r < rows.Length; r++)
                {
                    var at = Array.IndexOf(oldRows!, rows[r]);
                    if (at >= 0 && rows[r].Count > 0)
                        (to, from) = ([.. to, r], [.. from, at]);
                }
                var kept = Math.Min(Places, old_RKCd.size(2));
                if (to.Count > 0)
                    fresh.narrow(2, 0, kept).index_copy_(0, tensor(to.ToArray(), device: _device), old_RKCd.narrow(2, 0, kept).index_select(0, tensor(from.ToArray(), device: _device)));
            }
            old_RKCd?.Dispose();
            return fresh.DetachFromDisposeScope();
        }

        private Tensor Own(Tensor tensor)
        {
            _owned.Add(tensor.DetachFromDisposeScope());
            return tensor;
        }

        public void Dispose()
        {
            foreach (var tensor in _owned)
                tensor.Dispose();
            foreach (var tensor in _prefixKeys.Concat(_prefixValues).Concat(_ownKeys).Concat(_ownValues))
                tensor?.Dispose();
        }
    }
}
