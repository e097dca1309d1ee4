using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>The integers by which a vision tower orders its patches, as the reference names them.</summary>
internal static class VisionPlan
{
    /// <returns>Null where the name is not one of the plan's.</returns>
    public static Tensor? Tensor(string name, Qwen2VLModel model, IReadOnlyList<PatchGrid> grids)
    {
        var config = model.Config.Vision;
        return name switch
        {
            "vision_position_ids_hw" => PositionsOf(model.visual.PatchPositions(grids)),
            "vision_window_index" => Longs(VisionWindows.Of(grids, config).Order),
            "vision_cu_window_seqlens" => Longs(Ends(VisionWindows.Of(grids, config).Lengths)),
            "vision_cu_seqlens" => Longs(Ends(VisionTower.FrameLengths(grids))),
            _ => null,
        };
    }

    internal static Tensor PositionsOf((int Row, int Column)[] positions) =>
        tensor(positions.SelectMany(p => new long[] { p.Row, p.Column }).ToArray(), [positions.Length, 2]);

    internal static int[] Ends(int[] lengths)
    {
        var ends = new int[lengths.Length + 1];
        for (var i = 0; i < lengths.Length; i++)
            ends[i + 1] = ends[i] + lengths[i];
        return ends;
    }

    private static Tensor Longs(int[] values) => tensor(values.Select(v => (long)v).ToArray());
}
