using SggLab.SceneGraphs.Completions;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Web.Rollouts;

/// <summary>What the reference's parser makes of a completion: its graph, or why it is none.</summary>
/// <param name="Failure">Null where it is a scene graph.</param>
public sealed record CompletionReading(string? Failure, SceneGraph Graph)
{
    /// <summary>Longer completions are shown without being read: no answer that trains has so many characters.</summary>
    private const int Longest = 200_000;

    public static CompletionReading Of(string completion)
    {
        if (completion.Length > Longest)
            return new CompletionReading($"it has {completion.Length} characters", SceneGraph.Empty);
        var parsed = CompletionParser.Parse(completion, 1, 1, 1, 1);
        return new CompletionReading(parsed.Failure?.Message, parsed.Graph);
    }

    /// <summary>The end of the frame that the boxes are drawn in: 1000, or more where the boxes are in pixels of a larger picture.</summary>
    public double Frame => Graph.Objects.Where(one => one.Box.IsFinite).SelectMany(one => new[] { one.Box.X2, one.Box.Y2 }).DefaultIfEmpty(0).Max() is var most and > 1000 ? most : 1000;

    /// <summary>Those that can be drawn: corners in order and finite.</summary>
    public IEnumerable<SceneObject> Drawn => Graph.Objects.Where(one => one.Box is { IsFinite: true, Width: > 0, Height: > 0 });
}
