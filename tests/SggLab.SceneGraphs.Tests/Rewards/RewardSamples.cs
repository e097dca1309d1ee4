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

    /// <summary>Graphs of up to 12 objects and 10 relations, with ids and boxes that differ.</summary>
    public static readonly Gen<SceneGraph> Graphs = GraphsOf(12, 10);

    /// <summary>Graphs of up to 30 objects and 150 relations: more than the largest K.</summary>
    public static readonly Gen<SceneGraph> LargeGraphs = GraphsOf(30, 150);

    /// <summary>A ground truth, and an answer that gets a part of it right: boxes moved, objects and relations dropped, renamed and made up.</summary>
    public static readonly Gen<(SceneGraph Truth, SceneGraph Written)> Attempts =
        Gen.Select(Gen.OneOf(Graphs, LargeGraphs), Gen.Int[0, int.MaxValue], (truth, seed) => (truth, Perturb(truth, new Random(seed))));

    private static Gen<SceneGraph> GraphsOf(int mostObjects, int mostRelations) =>
        Gen.Select(Gen.Int[1, mostObjects], Gen.Int[1, mostRelations]).SelectMany(size => Gen.Select(
            Gen.Select(Gen.Int[0, Categories.Length - 1], Boxes).Array[size.Item1],
            Gen.Select(Gen.Int[0, size.Item1 - 1], Gen.Int[0, Predicates.Length - 1], Gen.Int[0, size.Item1 - 1]).Array[size.Item2],
            (things, relations) => Make([.. things.DistinctBy(t => t.Item2)], relations)));

    private static SceneGraph Make((int Category, Box Box)[] things, (int Subject, int Predicate, int Object)[] relations)
    {
        var objects = things.Select((t, i) => new SceneObject(string.Create(CultureInfo.InvariantCulture, $"{Categories[t.Category]}.{i + 1}"), t.Box)).ToArray();
        // One predicate a pair, since the soft reward keeps only the last of several.
        return new SceneGraph(objects, [.. relations.Where(r => r.Subject < objects.Length && r.Object < objects.Length).DistinctBy(r => (r.Subject, r.Object))
            .Select(r => new SceneRelationship(objects[r.Subject].Id, Predicates[r.Predicate], objects[r.Object].Id))]);
    }

    // How much goes wrong is drawn too, so that there are answers of all qualities. No two objects stay exactly as far apart: no two matchings cost the same.
    private static SceneGraph Perturb(SceneGraph truth, Random random)
    {
        var (wrong, shift) = (random.NextDouble() * 0.4, random.NextDouble() * 0.06);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var objects = new List<SceneObject>();
        foreach (var thing in truth.Objects)
        {
            if (random.NextDouble() < wrong / 2) continue;
            var number = thing.Id[(thing.Id.IndexOf('.', StringComparison.Ordinal) + 1)..];
            names[thing.Id] = random.NextDouble() < wrong / 2 ? Categories[random.Next(Categories.Length)] + "." + number : thing.Id;
            objects.Add(new SceneObject(names[thing.Id], new Box(thing.Box.X1 + Moved(), thing.Box.Y1 + Moved(), thing.Box.X2 + Moved(), thing.Box.Y2 + Moved())));
        }
        if (random.NextDouble() < wrong) objects.Add(new SceneObject("tree.99", new Box(0.1 + Moved(), 0.1 + Moved(), 0.2 + Moved(), 0.2 + Moved())));
        var relations = truth.Relationships
            .Where(r => names.ContainsKey(r.Subject) && names.ContainsKey(r.Object) && random.NextDouble() >= wrong)
            .Select(r => new SceneRelationship(names[r.Subject], random.NextDouble() < wrong ? Predicates[random.Next(Predicates.Length)] : r.Predicate, names[r.Object])).ToList();
        for (var made = objects.Count == 0 ? 0 : random.Next(20); made > 0; made--)
            relations.Insert(random.Next(relations.Count + 1), new SceneRelationship(objects[random.Next(objects.Count)].Id, Predicates[random.Next(Predicates.Length)], objects[random.Next(objects.Count)].Id));
        return new SceneGraph(objects, [.. relations.DistinctBy(r => (r.Subject, r.Object))]);

        double Moved() => (random.NextDouble() - 0.5) * (shift + 1e-6);
    }

    /// <summary>The same graph with its objects and relations in another order.</summary>
    public static SceneGraph Shuffle(SceneGraph graph, int seed)
    {
        var random = new Random(seed);
        SceneObject[] objects = [.. graph.Objects];
        SceneRelationship[] relations = [.. graph.Relationships];
        random.Shuffle(objects);
        random.Shuffle(relations);
        return new SceneGraph(objects, relations);
    }

    public static string Write(SceneGraph graph)
    {
        var objects = graph.Objects.Select(o => string.Create(CultureInfo.InvariantCulture, $$"""{"id": "{{o.Id}}", "bbox": [{{o.Box.X1 * 1000:R}}, {{o.Box.Y1 * 1000:R}}, {{o.Box.X2 * 1000:R}}, {{o.Box.Y2 * 1000:R}}]}"""));
        var relations = graph.Relationships.Select(r => $$"""{"subject": "{{r.Subject}}", "predicate": "{{r.Predicate}}", "object": "{{r.Object}}"}""");
        return new StringBuilder("<think>I look.</think>\n<answer>{\"objects\": [").AppendJoin(", ", objects).Append("], \"relationships\": [").AppendJoin(", ", relations).Append("]}</answer>").ToString();
    }
}
