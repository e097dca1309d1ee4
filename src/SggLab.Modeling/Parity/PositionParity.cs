using System.Text.Json;

namespace SggLab.Modeling;

/// <summary>Compares positions and window orders with golden/qwen/positions, as integers.</summary>
internal sealed class PositionParity(string folder)
{
    // Any ids do: an image token and a text token.
    private const int ImageToken = 1;
    private const int TextToken = 0;
    private const int MergeSize = 2;

    public IEnumerable<ParityItem> RopeIndex()
    {
        var n = 0;
        foreach (var line in Lines("rope_index.jsonl"))
        {
            var (types, mask, positions) = (line.GetProperty("token_types"), line.GetProperty("attention_mask"), line.GetProperty("position_ids"));
            var grids = new Queue<PatchGrid>(line.GetProperty("image_grid_thw").EnumerateArray().Select(Grid));
            var different = 0;
            for (var b = 0; b < types.GetArrayLength(); b++)
            {
                var real = Enumerable.Range(0, mask[b].GetArrayLength()).Where(t => mask[b][t].GetInt32() == 1).ToArray();
                var ids = real.Select(t => types[b][t].GetInt32() == 1 ? ImageToken : TextToken).ToArray();
                var ours = MropePositions.Of(ids, ImageToken, Take(grids, ids.Count(i => i == ImageToken)), MergeSize);
                different += real.Where((t, i) => positions[0][b][t].GetInt32() != ours.Time[i] || positions[1][b][t].GetInt32() != ours.Height[i] || positions[2][b][t].GetInt32() != ours.Width[i]).Count();
                different += line.GetProperty("rope_deltas")[b][0].GetInt32() == ours.Delta ? 0 : 1;
            }
            yield return ParityItem.Exact($"positions/rope_index.jsonl:{++n}", different);
        }
    }

    private static List<PatchGrid> Take(Queue<PatchGrid> grids, int tokens)
    {
        var taken = new List<PatchGrid>();
        while (tokens > 0 && grids.TryDequeue(out var grid))
        {
            taken.Add(grid);
            tokens -= grid.Tokens(MergeSize);
        }
        return taken;
    }

    public IEnumerable<ParityItem> Windows()
    {
        var n = 0;
        foreach (var line in Lines("windows.jsonl"))
        {
            PatchGrid[] grids = [.. line.GetProperty("image_grid_thw").EnumerateArray().Select(Grid)];
            var config = new VisionConfig
            {
                WindowSize = line.GetProperty("window_size").GetInt32(),
                PatchSize = line.GetProperty("patch_size").GetInt32(),
                MergeSize = line.GetProperty("spatial_merge_size").GetInt32(),
                Depth = 1, Width = 4, Heads = 1, IntermediateSize = 1, OutSize = 1, TemporalPatchSize = 2, Channels = 3,
            };
            var windows = VisionWindows.Of(grids, config);
            var same = Ints(line, "window_index").SequenceEqual(windows.Order)
                && Ints(line, "cu_window_seqlens").SequenceEqual(VisionPlan.Ends(windows.Lengths))
                && Ints(line, "cu_seqlens").SequenceEqual(VisionPlan.Ends(VisionTower.FrameLengths(grids)))
                // Some lines leave the patches' places out.
                && (line.GetProperty("position_ids_hw").ValueKind == JsonValueKind.Null || line.GetProperty("position_ids_hw").EnumerateArray().Select(p => (p[0].GetInt32(), p[1].GetInt32())).SequenceEqual(VisionTower.PatchPositions(grids, config.MergeSize)));
            yield return ParityItem.Exact($"positions/windows.jsonl:{++n}", same ? 0 : 1);
        }
    }

    private static PatchGrid Grid(JsonElement thw) => new(thw[0].GetInt32(), thw[1].GetInt32(), thw[2].GetInt32());

    private static IEnumerable<int> Ints(JsonElement line, string key) => line.GetProperty(key).EnumerateArray().Select(i => i.GetInt32());

    private IEnumerable<JsonElement> Lines(string file) =>
        File.ReadLines(Path.Combine(folder, file)).Where(l => l.Length > 0).Select(l => JsonDocument.Parse(l).RootElement);
}
