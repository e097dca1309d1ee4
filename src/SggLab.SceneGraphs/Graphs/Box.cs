namespace SggLab.SceneGraphs.Graphs;

/// <summary>An axis-aligned box by its two corners. The unit is the owner's: pixels in data sets, [0,1] in rewards.</summary>
/// <remarks>Nothing is checked: models write swapped, empty and out-of-image boxes, and the reference scores them as they are.</remarks>
public readonly record struct Box(double X1, double Y1, double X2, double Y2)
{
    public double Width => X2 - X1;
    public double Height => Y2 - Y1;

    /// <summary>Width times height; negative when one of them is swapped.</summary>
    public double Area => Width * Height;

    public bool IsFinite => double.IsFinite(X1) && double.IsFinite(Y1) && double.IsFinite(X2) && double.IsFinite(Y2);

    /// <summary>Multiplies x by <paramref name="sx"/> and y by <paramref name="sy"/>.</summary>
    public Box Scale(double sx, double sy) => new(X1 * sx, Y1 * sy, X2 * sx, Y2 * sy);
}
