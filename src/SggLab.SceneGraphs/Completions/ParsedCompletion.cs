using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Completions;

/// <summary>A completion as the reference's evaluation reads it.</summary>
public sealed record ParsedCompletion
{
    /// <summary>The text inside the answer tags, also where it could not be read.</summary>
    public required string Extracted { get; init; }

    /// <summary>Null where the completion is a scene graph.</summary>
    public CompletionFailure? Failure { get; init; }

    /// <summary>Normalised names, boxes in pixels of the image; empty after a failure.</summary>
    public SceneGraph Graph { get; init; } = SceneGraph.Empty;
}
