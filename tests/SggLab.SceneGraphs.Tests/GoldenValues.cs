using System.Text.Json;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Tests;

internal static class GoldenValues
{
    /// <summary>A number; NaN and the infinities are written as text.</summary>
    public static double Number(this JsonElement value) => value.ValueKind == JsonValueKind.String
        ? value.GetString() switch { "NaN" => double.NaN, "Infinity" => double.PositiveInfinity, _ => double.NegativeInfinity }
        : value.GetDouble();

    public static Box Box(this JsonElement box) => new(box[0].Number(), box[1].Number(), box[2].Number(), box[3].Number());

    public static SceneGraph Graph(this JsonElement graph) => new(
        [.. graph.GetProperty("objects").EnumerateArray().Select(o => new SceneObject(o.GetProperty("id").GetString()!, o.GetProperty("bbox").Box()))],
        [.. graph.GetProperty("relationships").EnumerateArray().Select(r => new SceneRelationship(
            r.GetProperty("subject").GetString()!, r.GetProperty("predicate").GetString()!, r.GetProperty("object").GetString()!))]);

    public static (double Width, double Height) BoxScale(this JsonElement line) =>
        line.TryGetProperty("box_scale", out var scale) && scale.ValueKind == JsonValueKind.Array ? (scale[0].GetDouble(), scale[1].GetDouble()) : (1000, 1000);
}
