namespace SggLab.SceneGraphs.Completions;

/// <summary>Why a completion is no scene graph. The names are those of the reference's exceptions, told apart by what was missing.</summary>
public enum CompletionFailureKind
{
    /// <summary>The answer is not JSON as Python reads it.</summary>
    Json,
    /// <summary>More than 990 containers inside each other.</summary>
    TooDeep,
    /// <summary>A value of another type than the graph has there, or a number that fits no double.</summary>
    WrongStructure,
    MissingObjects,
    MissingRelationships,
    MissingBbox,
    BoxLength,
    BoxValues,
    /// <summary>An object without an id, or with one that is no text.</summary>
    Id,
    MissingSubject,
    MissingPredicate,
    MissingObject,
    RelationNotText,
    /// <summary>The answer is longer than this project reads; the reference has no limit.</summary>
    TooLong,
}

/// <param name="Message">What was found where, for people.</param>
/// <param name="Position">Characters before the fault inside the extracted answer; only JSON faults have one.</param>
public sealed record CompletionFailure(CompletionFailureKind Kind, string Message, int? Position = null)
{
    /// <summary>The kind as files write it: <c>missing_bbox</c>.</summary>
    public string KindName => NameOf(Kind);

    public static string NameOf(CompletionFailureKind kind) => kind switch
    {
        CompletionFailureKind.Json => "json",
        CompletionFailureKind.TooDeep => "too_deep",
        CompletionFailureKind.WrongStructure => "wrong_structure",
        CompletionFailureKind.MissingObjects => "missing_objects",
        CompletionFailureKind.MissingRelationships => "missing_relationships",
        CompletionFailureKind.MissingBbox => "missing_bbox",
        CompletionFailureKind.BoxLength => "box_length",
        CompletionFailureKind.BoxValues => "box_values",
        CompletionFailureKind.Id => "id",
        CompletionFailureKind.MissingSubject => "missing_subject",
        CompletionFailureKind.MissingPredicate => "missing_predicate",
        CompletionFailureKind.MissingObject => "missing_object",
        CompletionFailureKind.RelationNotText => "relation_not_text",
        _ => "too_long",
    };
}
