using SggLab.Contracts;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>
/// The choices in which the published evaluation is doubtful. R, mR, AP and failure are the same in both protocols, except where a box is not finite.
/// </summary>
public sealed record EvaluationProtocol
{
    /// <summary>What the reference prints, each quirk included.</summary>
    public static EvaluationProtocol Reference { get; } = new()
    {
        Name = "reference",
        FillNoGraphPredicates = true,
        ZeroShotForPsg = true,
        PlaceholderIsDetection = true,
        KeepNonFiniteBoxes = true,
    };

    /// <summary>The same figures without the quirks that are plain mistakes.</summary>
    public static EvaluationProtocol Sound { get; } = new()
    {
        Name = "sound",
        FillNoGraphPredicates = false,
        ZeroShotForPsg = false,
        PlaceholderIsDetection = false,
        KeepNonFiniteBoxes = false,
    };

    public required string Name { get; init; }

    /// <summary>ng-recall fills up to 100 rows with predicates of score 0 on the predicted pairs, which then score hits.</summary>
    public required bool FillNoGraphPredicates { get; init; }

    /// <summary>Applies VG150's zero-shot list to PSG's labels.</summary>
    public required bool ZeroShotForPsg { get; init; }

    /// <summary>The stand-in for a failed image counts as a detection of label 0, which is a person in PSG.</summary>
    public required bool PlaceholderIsDetection { get; init; }

    /// <summary>Objects whose box has a NaN or an infinity stay; otherwise they are dropped and counted.</summary>
    public required bool KeepNonFiniteBoxes { get; init; }

    public static EvaluationProtocol Find(string name) => name switch
    {
        "reference" => Reference,
        "sound" => Sound,
        _ => throw new LabException($"There is no evaluation protocol \"{name}\". Known: reference, sound."),
    };
}
