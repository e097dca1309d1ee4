using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>Compares positions and window orders with golden/qwen/positions, as integers.</summary>
internal sealed class PositionParity(string folder)
{
    // Any ids do: an image token and a text token.
    private const int ImageToken = 1;
    private const int TextToken = 0;
    private const int UsualMergeSize = 2;

    public IEnumerable<ParityItem> RopeIndex()
    {
        var n = 0;
        foreach (var line in GoldenFile.Lines(Path.Combine(folder, "rope_index.jsonl")))
            yield return ParityItem.Exact($"positions/rope_index.jsonl:{++n}", DifferentPositions(line));
    }

    private static int DifferentPositions(ConfigObject line)
    {
        var (types, mask, deltas) = (Rows(line, "token_types"), Rows(line, "attention_mask"), Rows(line, "rope_deltas"));
        var positions = line.Value("position_ids", "three lists of rows of whole numbers", e => e.EnumerateArray().Select(RowsOf).ToArray());
        var merge = line.Size("spatial_merge_size", UsualMergeSize);
        var grids = new Queue<PatchGrid>(Grids(line));
        var side = line.Has("padding_side") ? line.Text("padding_side") : null;
        line.Ignore("spatial_merge_size", "padding_side");
        line.AllCompared();
        if (positions.Length != 3 || mask.Length != types.Length || deltas.Length != types.Length || positions.Any(p => p.Length != types.Length || p.Where((row, b) => row.Length != types[b].Length).Any()) || mask.Where((row, b) => row.Length != types[b].Length).Any() || deltas.Any(d => d.Length != 1))
            throw new LabException($"{line.File}: token_types, attention_mask, position_ids (three of them) and rope_deltas have other shapes than (B,L), (B,L), (3,B,L) and (B,1).");
        var different = 0;
        for (var b = 0; b < types.Length; b++)
        {
            var real = Enumerable.Range(0, mask[b].Length).Where(t => mask[b][t] == 1).ToArray();
            var ids = real.Select(t => types[b][t] == 1 ? ImageToken : TextToken).ToArray();
            var ours = MropePositions.Of(ids, ImageToken, Take(grids, ids.Count(i => i == ImageToken), merge), merge);
            different += real.Where((t, i) => positions[0][b][t] != ours.Time[i] || positions[1][b][t] != ours.Height[i] || positions[2][b][t] != ours.Width[i]).Count();
            different += deltas[b][0] == ours.Delta ? 0 : 1;
            var padded = real.Length == mask[b].Length ? side : mask[b][0] == 0 ? "left" : "right";
            different += side is null || padded == side ? 0 : 1;
        }
        return different + grids.Count;
    }

    private static List<PatchGrid> Take(Queue<PatchGrid> grids, int tokens, int merge)
    {
        var taken = new List<PatchGrid>();
        while (tokens > 0 && grids.TryDequeue(out var grid))
        {
            taken.Add(grid);
            tokens -= grid.Tokens(merge);
        }
        return taken;
    }

    public IEnumerable<ParityItem> Windows()
    {
        var n = 0;
        foreach (var line in GoldenFile.Lines(Path.Combine(folder, "windows.jsonl")))
        {
            var grids = Grids(line);
            var config = new VisionConfig
            {
                WindowSize = line.Size("window_size"),
                PatchSize = line.Size("patch_size"),
                MergeSize = line.Size("spatial_merge_size"),
                Depth = 1, Width = 4, Heads = 1, IntermediateSize = 1, OutSize = 1, TemporalPatchSize = 2, Channels = 3,
            };
            // Some lines leave the patches' places out.
            var places = line.Has("position_ids_hw") ? Rows(line, "position_ids_hw") : null;
            line.Ignore("position_ids_hw");
            var (order, ends, frames) = (line.Ints("window_index"), line.Ints("cu_window_seqlens"), line.Ints("cu_seqlens"));
            line.AllCompared();
            var windows = VisionWindows.Of(grids, config);
            yield return ParityItem.Exact($"positions/windows.jsonl:{++n}", order.SequenceEqual(windows.Order)
                && ends.SequenceEqual(VisionPlan.Ends(windows.Lengths))
                && frames.SequenceEqual(VisionPlan.Ends(VisionTower.FrameLengths(grids)))
                && (places is null || places.Select(p => p is [var row, var column] ? (row, column) : (-1, -1)).SequenceEqual(VisionTower.PatchPositions(grids, config.MergeSize))));
        }
    }

    private static PatchGrid[] Grids(ConfigObject line) => line.Value("image_grid_thw", "a list of [frames, height, width]", e => e.EnumerateArray().Select(thw => new PatchGrid(thw[0].GetInt32(), thw[1].GetInt32(), thw[2].GetInt32())).ToArray());

    private static int[][] Rows(ConfigObject line, string key) => line.Value(key, "rows of whole numbers", RowsOf);

    private static int[][] RowsOf(JsonElement rows) => [.. rows.EnumerateArray().Select(row => row.EnumerateArray().Select(n => n.GetInt32()).ToArray())];
}
