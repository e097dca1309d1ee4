namespace SggLab.Datasets.Synthetic;

/// <summary>A shape on the grid: class, place and side in cells.</summary>
internal readonly record struct PlacedShape(int Class, int X, int Y, int Side)
{
    public int Right => X + Side;
    public int Bottom => Y + Side;

    public bool Contains(PlacedShape other) => X < other.X && Y < other.Y && other.Right < Right && other.Bottom < Bottom;

    /// <summary>Empty cells between the two along x and y; negative where they overlap.</summary>
    public (int X, int Y) GapTo(PlacedShape other) =>
        (Math.Max(X, other.X) - Math.Min(Right, other.Right), Math.Max(Y, other.Y) - Math.Min(Bottom, other.Bottom));
}

/// <summary>Draws where the shapes of a scene lie. A few touch, stand inside a frame or overlap by a corner.</summary>
internal static class SceneLayout
{
    /// <summary>Cells along each side of the picture.</summary>
    public const int Cells = 6;

    private const int Frame = 7;
    private const int FrameSide = 4;

    private enum Meeting { Apart, SameRow, Touching, Inside, Overlapping }

    /// <summary>Two or three shapes of different classes, left to right and top to bottom, of which at least one pair is related.</summary>
    public static PlacedShape[] Draw(StableRandom random)
    {
        while (true)
        {
            var wanted = random.Below(3) == 0 ? 2 : 3;
            var shapes = new List<PlacedShape>(wanted);
            while (shapes.Count < wanted && Place(random, shapes) is { } shape) shapes.Add(shape);
            if (shapes.Count < wanted) continue;
            var ordered = shapes.OrderBy(shape => shape.X).ThenBy(shape => shape.Y).ToArray();
            if (SceneRelations.Of(ordered).Count > 0) return ordered;
        }
    }

    // How a shape meets an earlier one is drawn once, before its place: crowding must not make the rare meetings common.
    private static PlacedShape? Place(StableRandom random, List<PlacedShape> placed)
    {
        var meeting = random.Below(100) switch { < 4 => Meeting.Overlapping, < 12 => Meeting.Touching, < 30 => Meeting.Inside, < 55 => Meeting.SameRow, _ => Meeting.Apart };
        if (meeting == Meeting.Inside && !placed.Any(shape => shape.Class == Frame) || placed.Count == 0) meeting = Meeting.Apart;
        for (var tries = 0; tries < 40; tries++)
        {
            var shape = Propose(random, placed, meeting);
            if (shape.X >= 0 && shape.Y >= 0 && shape.Right <= Cells && shape.Bottom <= Cells && placed.All(other => other.Class != shape.Class) && Fits(shape, placed, meeting)) return shape;
        }
        return null;
    }

    private static PlacedShape Propose(StableRandom random, List<PlacedShape> placed, Meeting meeting)
    {
        var kind = random.Below(Frame + 1);
        var side = kind == Frame ? FrameSide : 2 + random.Below(2);
        var free = new PlacedShape(kind, random.Below(Cells - side + 1), random.Below(Cells - side + 1), side);
        if (meeting == Meeting.Apart) return free;
        var beside = placed[random.Below(placed.Count)];
        return meeting switch
        {
            Meeting.SameRow => free with { Y = beside.Y },
            Meeting.Touching => random.Below(2) == 0 ? free with { X = beside.Right, Y = beside.Y } : free with { X = beside.X, Y = beside.Bottom },
            Meeting.Inside => new PlacedShape(kind % Frame, beside.X + 1, beside.Y + 1, FrameSide - 2),
            _ => free with { X = beside.Right - 1, Y = random.Below(2) == 0 ? beside.Bottom - 1 : beside.Y + 1 - side },
        };
    }

    // At most one earlier shape is met, in the way that was meant; at least a cell lies between all others.
    private static bool Fits(PlacedShape shape, List<PlacedShape> placed, Meeting meeting)
    {
        var met = placed.Where(other => shape.GapTo(other) is { X: < 1, Y: < 1 }).ToList();
        return meeting switch
        {
            Meeting.Apart or Meeting.SameRow => met.Count == 0,
            Meeting.Inside => met is [var frame] && frame.Class == Frame && frame.Contains(shape),
            Meeting.Overlapping => met is [var under] && shape.Class != Frame && under.Class != Frame && shape.GapTo(under) is (-1, -1),
            _ => met is [var neighbour] && shape.GapTo(neighbour) is var gap && (gap.X == 0 && gap.Y < 0 || gap.Y == 0 && gap.X < 0),
        };
    }
}
