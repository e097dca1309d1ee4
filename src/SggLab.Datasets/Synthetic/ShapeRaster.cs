namespace SggLab.Datasets.Synthetic;

/// <summary>Which pixels a shape covers within its square, in whole numbers: no antialiasing, the same everywhere.</summary>
internal static class ShapeRaster
{
    private static readonly (int X, int Y)[] Star = StarCorners();

    /// <summary>Whether the pixel (x, y) of a square of <paramref name="side"/> pixels belongs to the class's shape.</summary>
    public static bool Covers(int shape, int x, int y, int side)
    {
        // Twice the distance from the centre, so that pixel centres are whole.
        var (dx, dy) = (2 * x + 1 - side, 2 * y + 1 - side);
        var (ax, ay) = (Math.Abs(dx), Math.Abs(dy));
        return shape switch
        {
            0 => dx * dx + dy * dy <= side * side,
            1 => true,
            2 => ax <= y + 1,
            3 => InsideStar(x, y, side),
            4 => ax + ay <= side,
            5 => 3 * ax <= side || 3 * ay <= side,
            6 => dx * dx + dy * dy <= side * side && 4 * (dx * dx + dy * dy) >= side * side,
            _ => Math.Max(ax, ay) >= side - 6,
        };
    }

    // Even-odd rule over the ten corners of a five-pointed star in a square of 1000 x 1000.
    private static bool InsideStar(int x, int y, int side)
    {
        var (px, py) = ((2 * x + 1) * 500 / side, (2 * y + 1) * 500 / side);
        var inside = false;
        for (int i = 0, j = Star.Length - 1; i < Star.Length; j = i++)
        {
            var (a, b) = (Star[i], Star[j]);
            if (a.Y > py == b.Y > py) continue;
            // px < (b.X - a.X) * (py - a.Y) / (b.Y - a.Y) + a.X, without dividing.
            var left = (long)(px - a.X) * (b.Y - a.Y);
            var right = (long)(b.X - a.X) * (py - a.Y);
            if (b.Y > a.Y ? left < right : left > right) inside = !inside;
        }
        return inside;
    }

    // Written out, since sine and cosine may differ in the last bit between machines.
    private static (int, int)[] StarCorners() =>
        [(500, 0), (618, 363), (1000, 382), (691, 588), (809, 1000), (500, 746), (191, 1000), (309, 588), (0, 382), (382, 363)];
}
