namespace SggLab.Datasets.Synthetic;

/// <summary>Which pairs of a scene are related, and how: a function of what can be seen, so that it can be learned.</summary>
internal static class SceneRelations
{
    private const int LeftOf = 0, Above = 1, Near = 2, Touching = 3, Overlapping = 4, Inside = 5;

    /// <summary>Largest gap in cells, along both axes, of two shapes that lie askew and still count as near.</summary>
    private const int NearGap = 1;

    /// <summary>One in so many related pairs is annotated: people who annotate pictures leave most of what they see unsaid.</summary>
    private const int OneIn = 3;

    /// <summary>Every related pair: (subject, predicate, object) as indices.</summary>
    public static List<(int Subject, int Predicate, int Object)> Of(PlacedShape[] shapes)
    {
        var relations = new List<(int Subject, int Predicate, int Object)>();
        for (var a = 0; a < shapes.Length; a++)
            for (var b = a + 1; b < shapes.Length; b++)
                if (Relate(shapes, a, b) is { } relation) relations.Add(relation);
        return relations;
    }

    /// <summary>
    /// The relations that the ground truth names: a third of the related pairs, at least one. As in real data sets, imitating the annotations
    /// teaches to stop early, while a reward for recall teaches to name everything.
    /// </summary>
    public static List<(int Subject, int Predicate, int Object)> Annotated(PlacedShape[] shapes, StableRandom random)
    {
        var all = Of(shapes);
        while (true)
        {
            var named = all.Where(_ => random.Below(OneIn) == 0).ToList();
            if (named.Count > 0) return [.. named.OrderBy(relation => relation.Subject).ThenBy(relation => relation.Object)];
        }
    }

    // What holds both ways (near, touching, overlapping) is said of the shape that comes first in the scene's order.
    private static (int, int, int)? Relate(PlacedShape[] shapes, int a, int b)
    {
        var (first, second) = (shapes[a], shapes[b]);
        if (first.Contains(second)) return (b, Inside, a);
        if (second.Contains(first)) return (a, Inside, b);
        var gap = first.GapTo(second);
        if (gap.X < 0 && gap.Y < 0) return (a, Overlapping, b);
        if (gap.X == 0 && gap.Y < 0 || gap.Y == 0 && gap.X < 0) return (a, Touching, b);
        if (gap.Y < 0) return first.X < second.X ? (a, LeftOf, b) : (b, LeftOf, a);
        if (gap.X < 0) return first.Y < second.Y ? (a, Above, b) : (b, Above, a);
        return gap.X <= NearGap && gap.Y <= NearGap ? (a, Near, b) : null;
    }
}
