using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>
/// Qwen3-VL's vision tower, as far as it differs: a bias at the patches, a learned table of positions resampled to the
/// image's grid, a tanh GELU, and deepstack mergers whose output goes into the language model's first layers.
/// </summary>
internal sealed class Qwen3VisionTower : VisionTower
{
    private Tensor pos_embed = null!; // Declared by the base constructor, where the checkpoint has it.
    private readonly Func<Tensor, Tensor>[] deepstack_merger_list;

    public Qwen3VisionTower(VisionConfig config, WeightSet weights, string prefix)
        : base(config, weights, prefix)
    {
        deepstack_merger_list = [.. config.DeepstackBlocks.Select((_, i) => Merger(weights, $"{prefix}deepstack_merger_list.{i}.", normAfterMerge: true))];
    }

    protected override Tensor? DeclareEmbedding(WeightSet weights, string prefix)
    {
        var bias = weights.Declare($"{prefix}patch_embed.proj.bias", WeightStart.Zeros, config.Width);
        pos_embed = weights.Declare($"{prefix}pos_embed.weight", WeightStart.Normal, config.PositionEmbeddings, config.Width);
        return bias;
    }

    protected override Func<Tensor, Tensor> Mlp(WeightSet weights, string prefix)
    {
        var linear_fc1 = weights.DeclareLinear($"{prefix}linear_fc1", config.Width, config.IntermediateSize, bias: true);
        var linear_fc2 = weights.DeclareLinear($"{prefix}linear_fc2", config.IntermediateSize, config.Width, bias: true);
        return x => linear_fc2.forward(TorchDispatcher.GeluTanh(linear_fc1.forward(x)));
    }

    protected override Func<Tensor, Tensor> Merger(WeightSet weights, string prefix) => Merger(weights, $"{prefix}merger.", normAfterMerge: false);

    private Func<Tensor, Tensor> Merger(WeightSet weights, string prefix, bool normAfterMerge)
    {
        var merged = config.Width * config.MergeSize * config.MergeSize;
        var norm = DeclareLayerNorm(weights, $"{prefix}norm.", normAfterMerge ? merged : config.Width);
        var linear_fc1 = weights.DeclareLinear($"{prefix}linear_fc1", merged, merged, bias: true);
        var linear_fc2 = weights.DeclareLinear($"{prefix}linear_fc2", merged, config.OutSize, bias: true);
        return x_NE =>
        {
            var normed = normAfterMerge ? norm.forward(x_NE.view(-1, merged)) : norm.forward(x_NE).view(-1, merged);
            return linear_fc2.forward(nn.functional.gelu(linear_fc1.forward(normed)));
        };
    }

    public override VisionOutput forward(Tensor pixels_NP, IReadOnlyList<PatchGrid> grids, ForwardTrace? trace, bool checkpointing)
    {
        var positions = PatchPositions(grids);
        var x_NE = Embed(pixels_NP, trace).Plus(Positions(grids, positions));
        var deepstack = new List<Tensor>();
        var rope = Rope(positions, x_NE.device);
        rope.Trace(trace, "vision_rope");
        x_NE = Blocks(x_NE, rope, _ => FrameLengths(grids), trace, checkpointing, (block, after_NE) =>
        {
            var place = Array.IndexOf(config.DeepstackBlocks, block);
            if (place >= 0)
                deepstack.Add(deepstack_merger_list[place](after_NE));
        });
        return Finish(merger(x_NE), deepstack, trace);
    }

    /// <summary>The square table read at the grid's points by bilinear interpolation, corners on corners: [N,E].</summary>
    private Tensor Positions(IReadOnlyList<PatchGrid> grids, (int Row, int Column)[] positions)
    {
        var side = (int)Math.Sqrt(config.PositionEmbeddings);
        var indices = new long[4 * positions.Length];
        var weights = new float[4 * positions.Length];
        var n = 0;
        foreach (var grid in grids)
        {
            var (rows, columns) = (Points(side, grid.Height), Points(side, grid.Width));
            for (var end = n + grid.Patches; n < end; n++)
            {
                var (y, x) = (rows[positions[n].Row], columns[positions[n].Column]);
                var (top, left) = ((int)y, (int)x);
                var (bottom, right) = (Math.Min(top + 1, side - 1), Math.Min(left + 1, side - 1));
                var (dy, dx) = (y - top, x - left);
                Set(0, top, left, (1 - dy) * (1 - dx));
                Set(1, top, right, (1 - dy) * dx);
                Set(2, bottom, left, dy * (1 - dx));
                Set(3, bottom, right, dy * dx);
            }
        }
        var at = tensor(indices, device: pos_embed.device);
        var by = tensor(weights, [4, positions.Length, 1]).to(pos_embed.dtype, pos_embed.device);
        return (pos_embed.index_select(0, at).view(4, positions.Length, config.Width) * by).sum(dim: 0);

        void Set(int corner, int row, int column, float weight)
        {
            indices[corner * positions.Length + n] = row * side + column;
            weights[corner * positions.Length + n] = weight;
        }
    }

    /// <summary>count points from 0 to side - 1, in f32 and symmetric, as torch.linspace computes them.</summary>
    private static float[] Points(int side, int count)
    {
        using var points = linspace(0, side - 1, count, ScalarType.Float32);
        return points.data<float>().ToArray();
    }
}
