using static TorchSharp.torch;

// Shapes: N patches of all images, E width, H heads, d head size, M merged tokens, D language model width, P values a patch.
namespace SggLab.Modeling;

/// <summary>What the vision tower gives the language model.</summary>
/// <param name="Tokens">[M,D], image after image.</param>
/// <param name="Deepstack">Features added after the language model's first layers, [M,D] each (Qwen3-VL).</param>
internal sealed record VisionOutput(Tensor Tokens, IReadOnlyList<Tensor> Deepstack);

/// <summary>The vision tower of Qwen2-VL, which the later families change.</summary>
internal class VisionTower
{
    protected const double NormEps = 1e-6;
    private const double RopeTheta = 10000;

    protected readonly VisionConfig config;
    private readonly Tensor patch_embed;
    private readonly Tensor? patch_embed_bias;

    public readonly VisionBlock[] blocks;
    public readonly Func<Tensor, Tensor> merger;

    public VisionTower(VisionConfig config, WeightSet weights, string prefix)
    {
        this.config = config;
        patch_embed = weights.Declare($"{prefix}patch_embed.proj.weight", WeightStart.Normal, config.Width, config.Channels, config.TemporalPatchSize, config.PatchSize, config.PatchSize);
        patch_embed_bias = DeclareEmbedding(weights, prefix);
        blocks = [.. Enumerable.Range(0, config.Depth).Select(i => new VisionBlock(Norm(weights, $"{prefix}blocks.{i}.norm1."), Norm(weights, $"{prefix}blocks.{i}.norm2."), new VisionAttention(config, weights, $"{prefix}blocks.{i}.attn."), Mlp(weights, $"{prefix}blocks.{i}.mlp.")))];
        merger = Merger(weights, prefix);
    }

    public static VisionTower Of(ModelFamily family, VisionConfig config, WeightSet weights, string prefix) => family switch
    {
        ModelFamily.Qwen2VL => new VisionTower(config, weights, prefix),
        ModelFamily.Qwen25VL => new Qwen25VisionTower(config, weights, prefix),
        _ => new Qwen3VisionTower(config, weights, prefix),
    };

    protected virtual Tensor? DeclareEmbedding(WeightSet weights, string prefix) => null;

    protected virtual Func<Tensor, Tensor> Norm(WeightSet weights, string prefix) => DeclareLayerNorm(weights, prefix, config.Width).forward;

    protected virtual Func<Tensor, Tensor> Mlp(WeightSet weights, string prefix)
    {
        var fc1 = weights.DeclareLinear($"{prefix}fc1", config.Width, config.IntermediateSize, bias: true);
        var fc2 = weights.DeclareLinear($"{prefix}fc2", config.IntermediateSize, config.Width, bias: true);
        return x => fc2.forward(FusedSteps.QuickGelu(fc1.forward(x)));
    }

    protected virtual Func<Tensor, Tensor> Merger(WeightSet weights, string prefix)
    {
        var merged = config.Width * config.MergeSize * config.MergeSize;
        var ln_q = Norm(weights, $"{prefix}merger.ln_q.");
        var first = weights.DeclareLinear($"{prefix}merger.mlp.0", merged, merged, bias: true);
        var second = weights.DeclareLinear($"{prefix}merger.mlp.2", merged, config.OutSize, bias: true);
        return x_NE => second.forward(nn.functional.gelu(first.forward(ln_q(x_NE).view(-1, merged))));
    }

    /// <param name="pixels_NP">Patches of all images, in merge order.</param>
    /// <param name="checkpointing">Whether to keep only each block's input and compute the rest again on the way back.</param>
    public virtual VisionOutput forward(Tensor pixels_NP, IReadOnlyList<PatchGrid> grids, ForwardTrace? trace, bool checkpointing)
    {
        var x_NE = Embed(pixels_NP, trace);
        var rope = Rope(PatchPositions(grids), x_NE.device);
        rope.Trace(trace, "vision_rope");
        x_NE = Blocks(x_NE, rope, _ => FrameLengths(grids), trace, checkpointing);
        return Finish(merger(x_NE), [], trace);
    }

    protected Tensor Embed(Tensor pixels_NP, ForwardTrace? trace)
    {
        var x_NE = nn.functional.linear(pixels_NP.to_type(patch_embed.dtype), patch_embed.view(config.Width, -1), patch_embed_bias);
        trace?.Add("vision_patch_embed", x_NE);
        return x_NE;
    }

    protected Tensor Blocks(Tensor x_NE, Rope rope, Func<int, int[]> lengthsOfBlock, ForwardTrace? trace, bool checkpointing, Action<int, Tensor>? after = null)
    {
        for (var i = 0; i < blocks.Length; i++)
        {
            var (block, lengths) = (blocks[i], lengthsOfBlock(i));
            x_NE = checkpointing ? LayerCheckpoint.Run(x => block.forward(x, rope, lengths), x_NE) : block.forward(x_NE, rope, lengths);
            trace?.Add($"vision_after_block_{i}", x_NE);
            after?.Invoke(i, x_NE);
        }
        return x_NE;
    }

    protected static VisionOutput Finish(Tensor tokens_MD, IReadOnlyList<Tensor> deepstack, ForwardTrace? trace)
    {
        for (var i = 0; i < deepstack.Count; i++)
            trace?.Add($"vision_deepstack_{i}", deepstack[i]);
        trace?.Add("vision_output", tokens_MD);
        return new VisionOutput(tokens_MD, deepstack);
    }

    /// <summary>Row and column of every patch; patches come square by square (merge size on a side), row by row inside.</summary>
    internal (int Row, int Column)[] PatchPositions(IReadOnlyList<PatchGrid> grids) => PatchPositions(grids, config.MergeSize);

    internal static (int Row, int Column)[] PatchPositions(IReadOnlyList<PatchGrid> grids, int merge)
    {
        var positions = new (int, int)[grids.Sum(g => g.Patches)];
        var i = 0;
        foreach (var grid in grids)
        {
            for (var frame = 0; frame < grid.Frames; frame++)
            for (var row = 0; row < grid.Height; row += merge)
            for (var column = 0; column < grid.Width; column += merge)
            for (var y = 0; y < merge; y++)
            for (var x = 0; x < merge; x++)
                positions[i++] = (row + y, column + x);
        }
        return positions;
    }

    /// <summary>Full attention: each frame of each image attends to itself.</summary>
    internal static int[] FrameLengths(IReadOnlyList<PatchGrid> grids) =>
        [.. grids.SelectMany(g => Enumerable.Repeat(g.Height * g.Width, g.Frames))];

    /// <summary>A quarter of the head's frequencies for rows, then for columns, then both again: [N,1,d].</summary>
    protected Rope Rope((int Row, int Column)[] positions, Device device)
    {
        var quarter = config.HeadDim / 4;
        var angles = new float[positions.Length * 2 * quarter];
        var frequencies = Enumerable.Range(0, quarter).Select(i => (float)(1.0 / Math.Pow(RopeTheta, 2.0 * i / (2 * quarter)))).ToArray();
        for (var n = 0; n < positions.Length; n++)
        {
            var row = angles.AsSpan(n * 2 * quarter, 2 * quarter);
            for (var i = 0; i < quarter; i++)
                (row[i], row[quarter + i]) = (positions[n].Row * frequencies[i], positions[n].Column * frequencies[i]);
        }
        return Modeling.Rope.Of(tensor(angles, [positions.Length, 1, 2 * quarter]).to(device), ScalarType.Float32);
    }

    protected static LayerNorm DeclareLayerNorm(WeightSet weights, string prefix, long width) =>
        new(weights.Declare($"{prefix}weight", WeightStart.Ones, width), weights.Declare($"{prefix}bias", WeightStart.Zeros, width), NormEps);
}

internal sealed class VisionBlock(Func<Tensor, Tensor> norm1, Func<Tensor, Tensor> norm2, VisionAttention attn, Func<Tensor, Tensor> mlp)
{
    public Tensor forward(Tensor x_NE, Rope rope, int[] lengths)
    {
        using var scope = NewDisposeScope();
        var attended_NE = x_NE.Plus(attn.forward(norm1(x_NE), rope, lengths));
        return attended_NE.Plus(mlp(norm2(attended_NE))).MoveToOuterDisposeScope();
    }
}

internal sealed class VisionAttention(VisionConfig config, WeightSet weights, string prefix)
{
    public readonly Linear qkv = weights.DeclareLinear($"{prefix}qkv", config.Width, 3 * config.Width, bias: true);
    public readonly Linear proj = weights.DeclareLinear($"{prefix}proj", config.Width, config.Width, bias: true);

    /// <param name="lengths">Patches attend within consecutive segments of these lengths.</param>
    public Tensor forward(Tensor x_NE, Rope rope, int[] lengths)
    {
        var qkv_N3Hd = qkv.forward(x_NE).view(-1, 3, config.Heads, config.HeadDim);
        // The rotation is done in f32 whatever the weights are, as the reference does.
        var q_NHd = rope.Turn(qkv_N3Hd.select(1, 0)).to_type(x_NE.dtype);
        var k_NHd = rope.Turn(qkv_N3Hd.select(1, 1)).to_type(x_NE.dtype);
        var v_NHd = qkv_N3Hd.select(1, 2);
        var parts = new List<Tensor>();
        long start = 0;
        foreach (var (length, count) in Runs(lengths))
        {
            var q = Segments(q_NHd, start, count, length);
            var k = Segments(k_NHd, start, count, length);
            var v = Segments(v_NHd, start, count, length);
            var mixed_SLHd = FusedSteps.Attention(q, k, v, null, causal: false);
            parts.Add(mixed_SLHd.reshape(count * length, config.Width));
            start += count * length;
        }
        return proj.forward(parts.Count == 1 ? parts[0] : cat(parts, 0));
    }

    private static Tensor Segments(Tensor x_NHd, long start, int count, int length) =>
        x_NHd.narrow(0, start, (long)count * length).unflatten(0, count, length);

    /// <summary>Segments of equal length that follow each other share one call.</summary>
    private static IEnumerable<(int Length, int Count)> Runs(int[] lengths)
    {
        for (var i = 0; i < lengths.Length;)
        {
            var j = i + 1;
            while (j < lengths.Length && lengths[j] == lengths[i])
                j++;
            yield return (lengths[i], j - i);
            i = j;
        }
    }
}
