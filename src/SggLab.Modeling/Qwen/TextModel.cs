using static TorchSharp.torch;

// Shapes: B rows of a batch, T tokens, D hidden, H heads, K key-value heads, d head size, V vocabulary rows.
namespace SggLab.Modeling;

/// <summary>The language model: embedding, decoder layers with M-RoPE, final norm. The head is applied by <see cref="TokenScores"/> or the decoder.</summary>
internal sealed class TextModel
{
    private readonly TextConfig _config;

    public readonly Tensor embed_tokens;
    public readonly TextLayer[] layers;
    public readonly RmsNorm norm;

    /// <summary>[V,D]; the embedding itself where the weights are tied.</summary>
    public readonly Tensor lm_head;

    public TextModel(TextConfig config, bool tied, WeightSet weights, string prefix)
    {
        _config = config;
        embed_tokens = weights.Declare($"{prefix}embed_tokens.weight", WeightStart.Normal, config.VocabSize, config.HiddenSize);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new TextLayer(config, weights, $"{prefix}layers.{i}."))];
        norm = new RmsNorm(weights.Declare($"{prefix}norm.weight", WeightStart.Ones, config.HiddenSize), config.RmsNormEps);
        lm_head = tied ? embed_tokens : weights.Declare("lm_head.weight", WeightStart.Normal, config.VocabSize, config.HiddenSize);
    }

    /// <summary>The angles' axis of each of the d/2 frequencies: 0 time, 1 height, 2 width.</summary>
    public int[] FrequencyAxes()
    {
        var section = _config.MropeSection;
        var half = _config.HeadDim / 2;
        if (!_config.MropeInterleaved)
            return [.. Enumerable.Range(0, half).Select(i => i < section[0] ? 0 : i < section[0] + section[1] ? 1 : 2)];
        // Height takes the frequencies 1, 4, 7, ..., width 2, 5, 8, ..., as far as their sections go; time has the rest.
        return [.. Enumerable.Range(0, half).Select(i => i % 3 != 0 && i < 3 * section[i % 3] ? i % 3 : 0)];
    }

    /// <summary>1 / theta^(2i/d) for the d/2 frequencies, f32.</summary>
    public Tensor InverseFrequencies(Device device)
    {
        var exponents = tensor(Enumerable.Range(0, _config.HeadDim / 2).Select(i => 2f * i / _config.HeadDim).ToArray());
        return pow(tensor((float)_config.RopeTheta), exponents).reciprocal().to(device);
    }

    /// <param name="positions_3BT">i64.</param>
    /// <returns>Cosines and sines [B,T,1,d].</returns>
    public Rope Rope(Tensor positions_3BT, ScalarType type)
    {
        var axes = tensor(FrequencyAxes().Select(a => (long)a).ToArray(), device: positions_3BT.device);
        var byFrequency_BTd = positions_3BT.index_select(0, axes).permute(1, 2, 0).to_type(ScalarType.Float32);
        return Modeling.Rope.Of((byFrequency_BTd * InverseFrequencies(positions_3BT.device)).unsqueeze(2), type);
    }
}

internal sealed class TextLayer
{
    public readonly RmsNorm input_layernorm;
    public readonly TextAttention self_attn;
    public readonly RmsNorm post_attention_layernorm;
    public readonly TextMlp mlp;

    public TextLayer(TextConfig config, WeightSet weights, string prefix)
    {
        input_layernorm = new RmsNorm(weights.Declare($"{prefix}input_layernorm.weight", WeightStart.Ones, config.HiddenSize), config.RmsNormEps);
        self_attn = new TextAttention(config, weights, $"{prefix}self_attn.");
        post_attention_layernorm = new RmsNorm(weights.Declare($"{prefix}post_attention_layernorm.weight", WeightStart.Ones, config.HiddenSize), config.RmsNormEps);
        mlp = new TextMlp(config, weights, $"{prefix}mlp.");
    }

    /// <param name="keep">Given the turned keys and the values [B,T,K,d], for decoding after them.</param>
    public Tensor forward(Tensor x_BTD, Rope rope, Tensor? mask, Action<Tensor, Tensor>? keep = null)
    {
        // What autograd needs it holds itself; everything else is freed here, layer by layer.
        using var scope = NewDisposeScope();
        var attended_BTD = x_BTD.Plus(self_attn.forward(input_layernorm.forward(x_BTD), rope, mask, keep));
        return attended_BTD.Plus(mlp.forward(post_attention_layernorm.forward(attended_BTD))).MoveToOuterDisposeScope();
    }
}

internal sealed class TextAttention
{
    private readonly TextConfig _config;

    public readonly Linear q_proj, k_proj, v_proj, o_proj;
    public readonly RmsNorm? q_norm, k_norm;

    /// <summary>The weights and biases of q, k and v in one block of memory, for the decoder.</summary>
    public readonly Tensor qkv_weight;
    public readonly Tensor? qkv_bias;

    public TextAttention(TextConfig config, WeightSet weights, string prefix)
    {
        _config = config;
        string[] names = ["q_proj", "k_proj", "v_proj"];
        long[] rows = [config.Heads * config.HeadDim, config.KvHeads * config.HeadDim, config.KvHeads * config.HeadDim];
        (qkv_weight, var w) = weights.DeclareStack(WeightStart.Normal, [.. names.Select(n => $"{prefix}{n}.weight")], rows, config.HiddenSize);
        Tensor[]? b = null;
        if (config.QkvBias)
            (qkv_bias, b) = weights.DeclareStack(WeightStart.Zeros, [.. names.Select(n => $"{prefix}{n}.bias")], rows);
        q_proj = weights.Linear($"{prefix}q_proj", w[0], b?[0]);
        k_proj = weights.Linear($"{prefix}k_proj", w[1], b?[1]);
        v_proj = weights.Linear($"{prefix}v_proj", w[2], b?[2]);
        o_proj = weights.DeclareLinear($"{prefix}o_proj", rows[0], config.HiddenSize, bias: false);
        if (config.QkNorm)
        {
            q_norm = new RmsNorm(weights.Declare($"{prefix}q_norm.weight", WeightStart.Ones, config.HeadDim), config.RmsNormEps);
            k_norm = new RmsNorm(weights.Declare($"{prefix}k_norm.weight", WeightStart.Ones, config.HeadDim), config.RmsNormEps);
        }
    }

    /// <summary>The turned queries [B,T,H,d], the turned keys and the values [B,T,K,d].</summary>
    public (Tensor Q, Tensor K, Tensor V) Project(Tensor x_BTD, Rope rope)
    {
        var (rows, tokens) = (x_BTD.size(0), x_BTD.size(1));
        var q_BTHd = q_proj.forward(x_BTD).view(rows, tokens, _config.Heads, _config.HeadDim);
        var k_BTKd = k_proj.forward(x_BTD).view(rows, tokens, _config.KvHeads, _config.HeadDim);
        var v_BTKd = v_proj.forward(x_BTD).view(rows, tokens, _config.KvHeads, _config.HeadDim);
        if (q_norm is not null)
            (q_BTHd, k_BTKd) = (q_norm.forward(q_BTHd), k_norm!.forward(k_BTKd));
        return (rope.Turn(q_BTHd), rope.Turn(k_BTKd), v_BTKd);
    }

    public Tensor forward(Tensor x_BTD, Rope rope, Tensor? mask, Action<Tensor, Tensor>? keep)
    {
        var (q, k, v) = Project(x_BTD, rope);
        keep?.Invoke(k, v);
        return o_proj.forward(FusedSteps.Attention(q, k, v, mask, causal: mask is null).flatten(2));
    }
}

internal sealed class TextMlp
{
    public readonly Linear gate_proj, up_proj, down_proj;

    /// <summary>The weights of gate and up in one block of memory, for the decoder.</summary>
    public readonly Tensor gate_up_weight;

    public TextMlp(TextConfig config, WeightSet weights, string prefix)
    {
        (gate_up_weight, var w) = weights.DeclareStack(
            WeightStart.Normal, [$"{prefix}gate_proj.weight", $"{prefix}up_proj.weight"], [config.IntermediateSize, config.IntermediateSize], config.HiddenSize);
        gate_proj = weights.Linear($"{prefix}gate_proj", w[0], null);
        up_proj = weights.Linear($"{prefix}up_proj", w[1], null);
        down_proj = weights.DeclareLinear($"{prefix}down_proj", config.IntermediateSize, config.HiddenSize, bias: false);
    }

    public Tensor forward(Tensor x_BTD) => down_proj.forward(FusedSteps.Gate(gate_proj.forward(x_BTD), up_proj.forward(x_BTD)));
}
