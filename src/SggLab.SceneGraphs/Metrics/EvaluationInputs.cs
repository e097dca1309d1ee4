using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>An image of the data set with what is truly in it.</summary>
/// <param name="Graph">Boxes in pixels of the image; names as the data set writes them.</param>
public sealed record GroundTruthImage(string ImageId, int Width, int Height, SceneGraph Graph)
{
    /// <summary>Where it was read, such as file and line; messages begin with it.</summary>
    public string? Source { get; init; }
}

/// <summary>What a model wrote about an image.</summary>
/// <param name="BoxScaleWidth">The frame that x was written in: 1000, or the width of the image that the model saw.</param>
public sealed record RawPrediction(string ImageId, string Response, double BoxScaleWidth = 1000, double BoxScaleHeight = 1000)
{
    /// <inheritdoc cref="GroundTruthImage.Source"/>
    public string? Source { get; init; }
}
