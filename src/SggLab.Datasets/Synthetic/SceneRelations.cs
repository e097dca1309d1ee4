namespace SggLab.Datasets.Synthetic;

/// <summary>Which pairs of a scene are related, and how: a function of what can be seen, so that it can be learned.</summary>
internal static class SceneRelations
{
    private const int LeftOf = 0, Above = 1, Near = 2, Touching = 3, Overlapping = 4, Inside = 5;

    /// <summary>Largest gap in cells, along both axes, of two shapes that lie askew and still count as near.</summary>
    private const int NearGap = 1;

    /// <summary>The nearest pairs, one fewer than there are shapes: (subject, predicate, object) as indices.</summary>
    public static List<(int Subject, int Predicate, int Object)> Of(PlacedShape[] shapes)
    {
        var pairs = new List<(int Distance, int A, int B)>();
        for (var a = 0; a < shapes.Length; a++)
            for (var b = a + 1; b < shapes.Length; b++) pairs.Add((SquaredDistance(shapes[a], shapes[b]), a, b));
        return [.. pairs.Order()
            .Select(pair => Relate(shapes, pair.A, pair.B))
            .OfType<(int Subject, int Predicate, int Object)>()
            .Take(shapes.Length - 1)
            .OrderBy(relation => relation.Subject).ThenBy(relation => relation.Object)];
    }

    // a comes before b in the scene's order, so a is never to the right of b.
    private static (int, int, int)? Relate(PlacedShape[] shapes, int a, int b)
    {
        var (first, second) = (shapes[a], shapes[b]);
        if (first.Contains(second)) return (b, Inside, a);
        if (second.Contains(first)) return (a, Inside, b);
        var gap = first.GapTo(second);
        if (gap.X < 0 && gap.Y < 0) return (a, Overlapping, b);
        if (gap.X == 0 && gap.Y < 0 || gap.Y == 0 && gap.X < 0) return (a, Touching, b);
        if (gap.Y < 0) return (a, LeftOf, b);
        if (gap.X < 0) return first.Y < second.Y ? (a, Above, b) : (b, Above, a);
        return gap.X <= NearGap && gap.Y <= NearGap ? (a, Near, b) : null;
    }

    // Between doubled centres: whole numbers, so that ties are ties everywhere.
    private static int SquaredDistance(PlacedShape a, PlacedShape b)
    {
        var (dx, dy) = (2 * a.X + a.Side - 2 * b.X - b.Side, 2 * a.Y + a.Side - 2 * b.Y - b.Side);
        return dx * dx + dy * dy;
    }
}
