using System.Globalization;
using System.Numerics;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets.Prompts;

/// <summary>The answer that SFT teaches (sft_sgg.py format_answer), with its brackets indented and its items not.</summary>
public static class SftTarget
{
    /// <param name="order">Old indices in new order; ids are then renumbered from 1 over all objects. Null keeps the data set's order and ids.</param>
    /// <exception cref="DatasetException">A shuffled id is not name.number, or a relation names no object.</exception>
    public static string Of(SceneGraphExample example, PromptSettings settings, IReadOnlyList<int>? order = null)
    {
        var (objects, relations) = order is null
            ? (example.ObjectsJson is { } json ? JsonItems.Read(json) : [.. example.Objects.Select(JsonItems.Of)],
               example.RelationshipsJson is { } text ? JsonItems.Read(text) : [.. example.Relationships.Select(JsonItems.Of)])
            : Shuffled(example, order);
        var scale = settings.Frame == TargetFrame.Thousand ? new BoxScale(1000, 1000) : PromptBuilder.Scale(example.Image.Size, settings);
        for (var i = 0; i < objects.Count; i++)
        {
            var box = example.Objects[order?[i] ?? i].Box;
            objects[i]["bbox"] = $"[{Whole(box.X1, example.Width, scale.Width)}, {Whole(box.Y1, example.Height, scale.Height)}, {Whole(box.X2, example.Width, scale.Width)}, {Whole(box.Y2, example.Height, scale.Height)}]";
        }
        return "```json\n{\n  \"objects\": [\n" + string.Join(",\n", objects.Select(JsonItems.Write)) +
            "\n  ],\n  \"relationships\": [\n" + string.Join(",\n", relations.Select(JsonItems.Write)) + "\n  ]\n}\n```\n";
    }

    /// <summary>
    /// The order of an example's objects when it is drawn for the n-th time: the reference shuffles from the second time on,
    /// with chance 1/2. Null means as they are. A function of the arguments alone.
    /// </summary>
    /// <param name="timesSeen">How often the example was drawn before.</param>
    public static int[]? DrawOrder(int objects, int timesSeen, long seed)
    {
        if (timesSeen == 0) return null;
        var random = StableRandom.For(seed, timesSeen);
        return random.Below(2) == 0 ? null : Permutation.Of(objects, unchecked((long)random.Next()));
    }

    // Python: int(v / w * 1000), toward zero.
    private static string Whole(double value, int side, double scale)
    {
        var scaled = Math.Truncate(value / side * scale);
        return Math.Abs(scaled) < 1e18 ? ((long)scaled).ToString(CultureInfo.InvariantCulture) : new BigInteger(scaled).ToString(CultureInfo.InvariantCulture);
    }

    private static (List<OrderedDictionary<string, string>>, List<OrderedDictionary<string, string>>) Shuffled(SceneGraphExample example, IReadOnlyList<int> order)
    {
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        var objects = new List<OrderedDictionary<string, string>>();
        for (var i = 0; i < order.Count; i++)
        {
            var old = example.Objects[order[i]];
            if (old.Id.Split('.') is not [var name, _])
                throw example.Origin.Error("objects", $"the id \"{old.Id}\" is not name.number, so that it cannot be renumbered; expected exactly one dot");
            var id = string.Create(CultureInfo.InvariantCulture, $"{name}.{i + 1}");
            renamed[old.Id] = id;
            objects.Add(JsonItems.Of(old with { Id = id }));
        }
        string New(string id) => renamed.GetValueOrDefault(id) ?? throw example.Origin.Error("relationships", $"names \"{id}\", which is not among the image's objects; such an example cannot be shuffled");
        return (objects, [.. example.Relationships.Select(r => JsonItems.Of(new SceneRelationship(New(r.Subject), r.Predicate, New(r.Object))))]);
    }
}
