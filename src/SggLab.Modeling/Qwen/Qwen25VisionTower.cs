using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>
/// Qwen2.5-VL's vision tower, as far as it differs: RMS norms, a gated MLP with biases, and attention within windows
/// of the image except in a few blocks.
/// </summary>
internal sealed class Qwen25VisionTower : VisionTower
{
    public Qwen25VisionTower(VisionConfig config, WeightSet weights, string prefix)
        : base(config, weights, prefix)
    {
    }

    protected override Func<Tensor, Tensor> Norm(WeightSet weights, string prefix) =>
        new RmsNorm(weights.Declare($"{prefix}weight", WeightStart.Ones, config.Width), NormEps).forward;

    protected override Func<Tensor, Tensor> Mlp(WeightSet weights, string prefix)
    {
        var gate_proj = weights.DeclareLinear($"{prefix}gate_proj", config.Width, config.IntermediateSize, bias: true);
        var up_proj = weights.DeclareLinear($"{prefix}up_proj", config.Width, config.IntermediateSize, bias: true);
        var down_proj = weights.DeclareLinear($"{prefix}down_proj", config.IntermediateSize, config.Width, bias: true);
        return x => down_proj.forward(FusedSteps.Gate(gate_proj.forward(x), up_proj.forward(x)));
    }

    public override VisionOutput forward(Tensor pixels_NP, IReadOnlyList<PatchGrid> grids, ForwardTrace? trace, bool checkpointing)
    {
        var windows = VisionWindows.Of(grids, config);
        var unit = config.MergeSize * config.MergeSize;
        var positions = PatchPositions(grids);
        var byWindow = new (int, int)[positions.Length];
        for (var i = 0; i < positions.Length; i++)
            byWindow[i] = positions[windows.Order[i / unit] * unit + i % unit];

        var order = tensor(windows.Order.Select(i => (long)i).ToArray(), device: pixels_NP.device);
        var x_NE = Embed(pixels_NP, trace).view(-1, unit, config.Width).index_select(0, order).view(-1, config.Width);
        var rope = Rope(byWindow, x_NE.device);
        if (trace is not null)
            Rope(positions, x_NE.device).Trace(trace, "vision_rope"); // The reference shows it in image order.
        x_NE = Blocks(x_NE, rope, i => config.FullAttentionBlocks.Contains(i) ? FrameLengths(grids) : windows.Lengths, trace, checkpointing);
        return Finish(merger(x_NE).index_select(0, order.argsort()), [], trace);
    }
}

/// <summary>The order in which merged tokens are visited window by window, and the patches in each window.</summary>
internal sealed record VisionWindows
{
    /// <summary>For each place in window order, the merged token that stands there.</summary>
    public required int[] Order { get; init; }
    /// <summary>Patches of each window that holds any.</summary>
    public required int[] Lengths { get; init; }

    public static VisionWindows Of(IReadOnlyList<PatchGrid> grids, VisionConfig config)
    {
        var side = config.WindowSize / config.PatchSize / config.MergeSize;
        var unit = config.MergeSize * config.MergeSize;
        var (order, lengths) = (new List<int>(), new List<int>());
        var first = 0;
        foreach (var grid in grids)
        {
            var (rows, columns) = (grid.Height / config.MergeSize, grid.Width / config.MergeSize);
            for (var frame = 0; frame < grid.Frames; frame++)
            for (var top = 0; top < rows; top += side)
            for (var left = 0; left < columns; left += side)
            {
                var before = order.Count;
                for (var row = top; row < Math.Min(rows, top + side); row++)
                for (var column = left; column < Math.Min(columns, left + side); column++)
                    order.Add(first + (frame * rows + row) * columns + column);
                lengths.Add((order.Count - before) * unit);
            }
            first += grid.Frames * rows * columns;
        }
        return new VisionWindows { Order = [.. order], Lengths = [.. lengths] };
    }
}
