using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets;

/// <summary>One image with its scene graph, whatever format it came from.</summary>
public sealed record SceneGraphExample
{
    public required string ImageId { get; init; }

    /// <summary>The encoded picture; decoded only when asked.</summary>
    public required EncodedImage Image { get; init; }

    /// <summary>Boxes are in pixels of the image as it is shown (EXIF applied): left, top, right, bottom.</summary>
    public required IReadOnlyList<SceneObject> Objects { get; init; }

    /// <summary>Triplets; subject and object are ids of objects of the same image.</summary>
    public required IReadOnlyList<SceneRelationship> Relationships { get; init; }

    /// <summary>The data set's own prompts, where it has such columns.</summary>
    public string? PromptOpen { get; init; }
    public string? PromptClose { get; init; }

    /// <summary>The objects' JSON as the data set wrote it, where it is JSON; prediction files carry it on.</summary>
    public string? ObjectsJson { get; init; }

    /// <summary>The relationships' JSON as the data set wrote it.</summary>
    public string? RelationshipsJson { get; init; }

    /// <summary>The objects as Python prints them after reading: the data set's own JSON where there is one.</summary>
    public string ObjectsWritten => ObjectsJson is { } json ? JsonItems.Write(JsonItems.Read(json)) : PythonDumps.Objects(Objects);

    /// <summary>The relationships, likewise.</summary>
    public string RelationshipsWritten => RelationshipsJson is { } json ? JsonItems.Write(JsonItems.Read(json)) : PythonDumps.Relationships(Relationships);

    public SceneGraph Graph => new(Objects, Relationships);

    /// <summary>Where the example came from, for messages.</summary>
    public required RowOrigin Origin { get; init; }

    /// <summary>Width in pixels, EXIF applied; reads the image's header.</summary>
    public int Width => Image.Size.Width;

    /// <summary>Height in pixels, EXIF applied; reads the image's header.</summary>
    public int Height => Image.Size.Height;
}

/// <summary>A row of a file, counted from 0.</summary>
public sealed record RowOrigin(string File, long Row)
{
    public DatasetException Error(string field, string problem, Exception? inner = null) => new(File, Row, field, problem, inner);
}

/// <summary>Examples in a fixed order, read as they are asked for.</summary>
public interface ISceneGraphDataset : IEnumerable<SceneGraphExample>, IDisposable
{
    /// <summary>Number of examples.</summary>
    int Count { get; }

    /// <summary>Reads one example; safe to call from several threads.</summary>
    SceneGraphExample this[int row] { get; }
}
