namespace SggLab.Datasets;

/// <summary>A box in pixels of the image as it is shown (EXIF applied): left, top, right, bottom.</summary>
public readonly record struct PixelBox(double X1, double Y1, double X2, double Y2)
{
    public double Width => X2 - X1;
    public double Height => Y2 - Y1;
}

/// <summary>An annotated object; the id is a name and a number, such as "person.1".</summary>
public sealed record GroundTruthObject(string Id, PixelBox Box)
{
    /// <summary>The id without its number: everything before the last dot.</summary>
    public string Name => Id.LastIndexOf('.') is > 0 and var dot ? Id[..dot] : Id;
}

/// <summary>A triplet; subject and object are ids of objects of the same image.</summary>
public sealed record GroundTruthRelation(string Subject, string Predicate, string Object);

/// <summary>One image with its scene graph, whatever format it came from.</summary>
public sealed record SceneGraphExample
{
    public required string ImageId { get; init; }

    /// <summary>The encoded picture; decoded only when asked.</summary>
    public required EncodedImage Image { get; init; }

    public required IReadOnlyList<GroundTruthObject> Objects { get; init; }
    public required IReadOnlyList<GroundTruthRelation> Relationships { get; init; }

    /// <summary>The data set's own prompts, where it has such columns.</summary>
    public string? PromptOpen { get; init; }
    public string? PromptClose { get; init; }

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
public interface ISceneGraphDataset : IEnumerable<SceneGraphExample>
{
    /// <summary>Number of examples.</summary>
    int Count { get; }

    /// <summary>Reads one example; safe to call from several threads.</summary>
    SceneGraphExample this[int row] { get; }
}
