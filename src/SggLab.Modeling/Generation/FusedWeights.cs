using static TorchSharp.torch;

// Shapes: D hidden, H heads, K key-value heads, d head size, F intermediate size, V vocabulary rows.
namespace SggLab.Modeling;

/// <summary>
/// The language model's weights as decoding multiplies them: q, k, v in one matrix, gate and up in one. They are the
/// model's own memory; only where an adapter is attached a merged copy is made.
/// </summary>
internal sealed class FusedWeights(TextModel text) : IDisposable
{
    private readonly List<Tensor> _owned = [];

    internal sealed record Layer
    {
        public required Tensor InputNorm { get; init; }
        public required Tensor PostNorm { get; init; }
        /// <summary>[D, (H+2K)d]</summary>
        public required Tensor Qkv { get; init; }
        public required Tensor? QkvBias { get; init; }
        public required Tensor? QNorm { get; init; }
        public required Tensor? KNorm { get; init; }
        /// <summary>[Hd, D]</summary>
        public required Tensor Output { get; init; }
        /// <summary>[D, 2F]</summary>
        public required Tensor GateUp { get; init; }
        /// <summary>[F, D]</summary>
        public required Tensor Down { get; init; }
    }

    public Layer[] Layers { get; private set; } = [];

    /// <summary>[V,D]</summary>
    public Tensor Embedding => text.embed_tokens;

    /// <summary>[D,V]</summary>
    public Tensor Head { get; private set; } = text.lm_head;

    public Tensor FinalNorm => text.norm.weight;

    public void Refresh()
    {
        Dispose();
        Head = Own(text.lm_head.detach().t());
        Layers = [.. text.layers.Select(Of)];
    }

    private Layer Of(TextLayer layer)
    {
        var (attention, mlp) = (layer.self_attn, layer.mlp);
        return new Layer
        {
            InputNorm = layer.input_layernorm.weight,
            PostNorm = layer.post_attention_layernorm.weight,
            Qkv = Stack(attention.qkv_weight, attention.q_proj, attention.k_proj, attention.v_proj),
            QkvBias = attention.qkv_bias,
            QNorm = attention.q_norm?.weight,
            KNorm = attention.k_norm?.weight,
            Output = Stack(attention.o_proj.weight, attention.o_proj),
            GateUp = Stack(mlp.gate_up_weight, mlp.gate_proj, mlp.up_proj),
            Down = Stack(mlp.down_proj.weight, mlp.down_proj),
        };
    }

    private Tensor Stack(Tensor block, params Linear[] parts) =>
        Own(parts.All(p => p.adapter is not { Enabled: true }) ? block.detach().t() : cat([.. parts.Select(p => p.MergedWeight())], 0).t());

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    public void Dispose()
    {
        foreach (var tensor in _owned)
            tensor.Dispose();
        _owned.Clear();
    }
}
