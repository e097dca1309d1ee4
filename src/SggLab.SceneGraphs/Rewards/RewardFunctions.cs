using SggLab.Contracts;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>Every reward there is, by name. The first six are the reference's; see docs/rewards.md.</summary>
public static class RewardFunctions
{
    public static RewardFunction Format { get; } =
        new("format", 1, "The answer is a well-formed graph inside the think and answer tags.", FormatReward.Compute, FormatReward.Explain);

    public static RewardFunction NodeCategory { get; } =
        new("node_category", 1, "The categories of the matched objects are alike.", NodeCategoryReward.Compute, NodeCategoryReward.Explain);

    public static RewardFunction NodeBox { get; } =
        new("node_box", 1, "The boxes of the matched objects cover each other.", NodeBoxReward.Compute, NodeBoxReward.Explain);

    public static RewardFunction EdgeSoft { get; } =
        new("edge_soft", 1, "Matched objects are related by a predicate like the true one.", EdgeSoftReward.Compute, EdgeSoftReward.Explain);

    public static RewardFunction EdgeHard { get; } =
        new("edge_hard", 1, "True relations found: same names, boxes of IoU 0.5.", EdgeHardReward.Compute, EdgeHardReward.Explain);

    public static RewardFunction EdgeHardRelax { get; } =
        new("edge_hard_relax", 1, "True relations found: boxes of IoU 0.5, names as alike as they are.", EdgeHardRelaxReward.Compute, EdgeHardRelaxReward.Explain);

    /// <summary>The reference's six, in the order in which files list them.</summary>
    public static IReadOnlyList<RewardFunction> Reference { get; } = [Format, NodeCategory, NodeBox, EdgeSoft, EdgeHard, EdgeHardRelax];

    /// <summary>Not the reference's; no variant uses one unless it says so.</summary>
    public static IReadOnlyList<RewardFunction> Later { get; } =
    [
        new("format_published", 1, "The format reward of the published commit: 0 for every graph with an object.", FormatPublishedReward.Compute, FormatPublishedReward.Explain),
        new("edge_f1", 1, "F1 of the relations, each matched once: hallucinations cost.", EdgeF1Reward.Compute, EdgeF1Reward.Explain),
        new("edge_precision", 1, "Share of written relations that are true, each matched once.", EdgePrecisionReward.Compute, EdgeF1Reward.Explain),
        new("recall_mix", 1, "Recall and mean recall over the image's predicates.", RecallMixReward.Compute, RecallMixReward.Explain),
        new("dual_granularity", 1, "Recall weighed by predicate, and recall with predicates that are alike.", DualGranularityReward.Compute, DualGranularityReward.Explain),
        new("repetition_penalty", 1, "Minus the share of the answer that repeats itself.", RepetitionPenalty.Compute, RepetitionPenalty.Explain),
        new("length_penalty", 1, "Minus up to 1 for a completion that goes on and on.", LengthPenalty.Compute, LengthPenalty.Explain),
    ];

    public static IReadOnlyList<RewardFunction> All { get; } = [.. Reference, .. Later];

    public static RewardFunction Find(string name) =>
        All.FirstOrDefault(f => f.Name == name)
        ?? throw new LabException($"There is no reward \"{name}\". Known: {string.Join(", ", All.Select(f => f.Name))}.");
}
