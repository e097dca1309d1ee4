using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets.Prompts;

/// <summary>The ground truth that rewards compare with (grpo.py Collator): boxes in [0,1], not clipped.</summary>
public static class RlSolution
{
    /// <summary>The graph with its boxes multiplied by 1.0 / width and 1.0 / height, which is not always the quotient to the last bit.</summary>
    public static SceneGraph Of(SceneGraphExample example)
    {
        var (sx, sy) = (1.0 / example.Width, 1.0 / example.Height);
        return new SceneGraph([.. example.Objects.Select(item => item with { Box = item.Box.Scale(sx, sy) })], example.Relationships);
    }

    /// <summary>The solution as the reference's trainer holds it, printed by Python.</summary>
    public static string Json(SceneGraphExample example)
    {
        var scaled = Of(example);
        var objects = example.ObjectsJson is { } json ? JsonItems.Read(json) : [.. example.Objects.Select(JsonItems.Of)];
        for (var i = 0; i < objects.Count; i++)
        {
            var box = scaled.Objects[i].Box;
            objects[i]["bbox"] = $"[{PythonDumps.Float(box.X1)}, {PythonDumps.Float(box.Y1)}, {PythonDumps.Float(box.X2)}, {PythonDumps.Float(box.Y2)}]";
        }
        return $"{{\"objects\": {JsonItems.Write(objects)}, \"relationships\": {example.RelationshipsWritten}}}";
    }
}
