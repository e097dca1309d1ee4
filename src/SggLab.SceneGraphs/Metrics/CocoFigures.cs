namespace SggLab.SceneGraphs.Metrics;

/// <summary>COCO's detection figures in [0,1]; -1 where no class has an object of that size.</summary>
public sealed record CocoFigures
{
    public required double Ap { get; init; }
    public required double Ap50 { get; init; }
    public required double Ap75 { get; init; }
    public required double ApSmall { get; init; }
    public required double ApMedium { get; init; }
    public required double ApLarge { get; init; }
    public required double Ar1 { get; init; }
    public required double Ar10 { get; init; }
    public required double Ar100 { get; init; }
    public required double ArSmall { get; init; }
    public required double ArMedium { get; init; }
    public required double ArLarge { get; init; }
    public required double Ar50 { get; init; }
    public required IReadOnlyList<CocoClassFigures> PerClass { get; init; }
}

/// <summary>A class that has an object or a detection; its figures are null where it has no object among the evaluated images.</summary>
/// <param name="TruthsOverAreas">Objects, counted once for each of the four size ranges that they fall in, as the reference prints them.</param>
public sealed record CocoClassFigures(int Id, string Name, double? Ap, double? Ap50, double? Recall50, int TruthsOverAreas, int Detections50OverAreas);
