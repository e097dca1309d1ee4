namespace SggLab.SceneGraphs.Graphs;

/// <summary>An object of an image.</summary>
/// <param name="Id">The category, a dot, a number: <c>man.3</c>.</param>
/// <param name="Box">Pixels or [0,1]; whoever makes the graph says which.</param>
public sealed record SceneObject(string Id, Box Box);

/// <summary>A directed edge between two objects, which it names by their ids.</summary>
public sealed record SceneRelationship(string Subject, string Predicate, string Object);

/// <summary>What is in an image and how it relates.</summary>
public sealed record SceneGraph(IReadOnlyList<SceneObject> Objects, IReadOnlyList<SceneRelationship> Relationships)
{
    public static SceneGraph Empty { get; } = new([], []);
}
