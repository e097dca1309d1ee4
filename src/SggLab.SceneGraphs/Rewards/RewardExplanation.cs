using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>How a score came about, for people and for drawing. Boxes are in [0,1].</summary>
public sealed record RewardExplanation
{
    public required RewardScore Score { get; init; }

    /// <summary>Each reward of the variant, in its order.</summary>
    public required IReadOnlyList<ExplainedPart> Parts { get; init; }

    /// <summary>Why no object could be read (every reward but format is then 0); null where all could.</summary>
    public required string? Unreadable { get; init; }

    /// <summary>The written objects, names as compared.</summary>
    public required IReadOnlyList<SceneObject> Written { get; init; }

    /// <summary>The written relations, names as compared; a part that is missing or no text is empty.</summary>
    public required IReadOnlyList<SceneRelationship> WrittenRelations { get; init; }

    /// <summary>Which written object was matched to which true one, in the order written. Empty where matching failed.</summary>
    public required IReadOnlyList<ExplainedMatch> Matches { get; init; }

    /// <summary>A true relation each, in order.</summary>
    public required IReadOnlyList<ExplainedRelation> Relations { get; init; }
}

/// <param name="Value">The reward, before its weight in the variant.</param>
/// <param name="Reason">Why the whole reward is 0, whatever was found; of format, the first rule that failed. Else null.</param>
/// <param name="Detail">What it counted; null where there is a reason.</param>
public sealed record ExplainedPart(string Reward, double Value, double Weight, string? Reason, string? Detail);

/// <param name="Written">Index of the written object.</param>
/// <param name="True">Index of the true object.</param>
/// <param name="Cost">Similarity, overlap and distance weighed: what the matching makes least.</param>
/// <param name="Distance">Sum of the four absolute differences.</param>
public sealed record ExplainedMatch(int Written, int True, double Cost, double Similarity, double Iou, double GeneralizedIou, double Distance);

/// <summary>What found a true relation; indices are of written relations, null where none did.</summary>
/// <param name="Hard">The first with the same names and boxes of enough IoU.</param>
/// <param name="Relaxed">The one with the greatest product of similarities among those of enough IoU.</param>
/// <param name="RelaxedSimilarity">That product; 0 without one.</param>
/// <param name="Soft">The last between the objects matched to its ends.</param>
/// <param name="SoftSimilarity">Its product of similarities.</param>
public sealed record ExplainedRelation(int True, int? Hard, int? Relaxed, double RelaxedSimilarity, int? Soft, double SoftSimilarity);
