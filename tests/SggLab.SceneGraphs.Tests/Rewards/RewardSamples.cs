using System.Globalization;
using System.Text;
using CsCheck;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Tests.Rewards;

/// <summary>Random scene graphs, and how a model would write them.</summary>
internal static class RewardSamples
{
    private static readonly string[] Categories = ["man", "horse", "wall other merged", "traffic light", "tree"];
    private static readonly string[] Predicates = ["on", "riding", "in front of", "holding"];

    private static readonly Gen<Box> Boxes =
        Gen.Select(Gen.Int[0, 800], Gen.Int[0, 800], Gen.Int[20, 200], Gen.Int[20, 200], (x, y, w, h) => new Box(x / 1000.0, y / 1000.0, (x + w) / 1000.0, (y + h) / 1000.0));

    /// <summary>Graphs with ids that differ, and at least one relation if they have objects.</summary>
    public static readonly Gen<SceneGraph> Graphs =
        Gen.Select(Gen.Int[1, 12], Gen.Int[1, 10]).SelectMany(size => Gen.Select(
            Gen.Select(Gen.Int[0, Categories.Length - 1], Boxes).Array[size.Item1],
            Gen.Select(Gen.Int[0, size.Item1 - 1], Gen.Int[0, Predicates.Length - 1], Gen.Int[0, size.Item1 - 1]).Array[size.Item2],
            (things, relations) => Make(things, relations)));

    private static SceneGraph Make((int Category, Box Box)[] things, (int Subject, int Predicate, int Object)[] relations)
    {
        var objects = things.Select((t, i) => new SceneObject(string.Create(CultureInfo.InvariantCulture, $"{Categories[t.Category]}.{i + 1}"), t.Box)).ToArray();
        // One predicate a pair, since the soft reward keeps only the last of several.
        return new SceneGraph(objects, [.. relations.DistinctBy(r => (r.Subject, r.Object)).Select(r => new SceneRelationship(objects[r.Subject].Id, Predicates[r.Predicate], objects[r.Object].Id))]);
    }

    public static string Write(SceneGraph graph)
    {
        var objects = graph.Objects.Select(o => string.Create(CultureInfo.InvariantCulture, $$"""{"id": "{{o.Id}}", "bbox": [{{o.Box.X1 * 1000:R}}, {{o.Box.Y1 * 1000:R}}, {{o.Box.X2 * 1000:R}}, {{o.Box.Y2 * 1000:R}}]}"""));
        var relations = graph.Relationships.Select(r => $$"""{"subject": "{{r.Subject}}", "predicate": "{{r.Predicate}}", "object": "{{r.Object}}"}""");
        return new StringBuilder("<think>I look.</think>\n<answer>{\"objects\": [").AppendJoin(", ", objects).Append("], \"relationships\": [").AppendJoin(", ", relations).Append("]}</answer>").ToString();
    }
}
