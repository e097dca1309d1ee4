namespace SggLab.SceneGraphs.Graphs;

/// <summary>Overlap and distance of two boxes, to the bit as the reference's Python computes them, NaN and swapped corners included.</summary>
public static class BoxMath
{
    /// <summary>Intersection over union in doubles (<c>compute_iou</c>); 0 where the union is empty, NaN where a coordinate is.</summary>
    public static double Iou(in Box a, in Box b)
    {
        var intersection = Intersection(a, b);
        var union = a.Area + b.Area - intersection;
        return union == 0 ? 0 : intersection / union;
    }

    /// <summary>Generalised IoU (<c>compute_giou</c>; Rezatofighi et al. 2019), 0 where the union is empty.</summary>
    /// <returns>False where Python divides by zero: swapped boxes whose common hull has no area.</returns>
    public static bool TryGeneralizedIou(in Box a, in Box b, out double value)
    {
        var intersection = Intersection(a, b);
        var union = a.Area + b.Area - intersection;
        value = 0;
        if (union == 0) return true;
        var hull = (Max(a.X2, b.X2) - Min(a.X1, b.X1)) * (Max(a.Y2, b.Y2) - Min(a.Y1, b.Y1));
        if (hull == 0) return false;
        value = intersection / union - (hull - union) / hull;
        return true;
    }

    /// <summary>Sum of the four absolute differences (<c>box_L1</c>).</summary>
    public static double L1(in Box a, in Box b) =>
        Math.Abs(a.X1 - b.X1) + Math.Abs(a.Y1 - b.Y1) + Math.Abs(a.X2 - b.X2) + Math.Abs(a.Y2 - b.Y2);

    private static double Intersection(in Box a, in Box b)
    {
        var width = Max(0, Min(a.X2, b.X2) - Max(a.X1, b.X1));
        var height = Max(0, Min(a.Y2, b.Y2) - Max(a.Y1, b.Y1));
        return width * height;
    }

    // Python's max and min keep the first argument unless the second is strictly better: a NaN never replaces a number.
    private static double Max(double a, double b) => b > a ? b : a;

    private static double Min(double a, double b) => b < a ? b : a;
}
