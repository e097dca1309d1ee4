using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>One reward of a variant and the factor on it; the weights of the paper are already inside the rewards.</summary>
public sealed record RewardTerm(RewardFunction Function, double Weight = 1);

/// <summary>A named weighted set of rewards: what a run trains on.</summary>
public sealed record RewardVariant
{
    public required string Name { get; init; }
    public required IReadOnlyList<RewardTerm> Terms { get; init; }
    public RewardSettings Settings { get; init; } = RewardSettings.Reference;

    /// <summary>One sentence for people who choose.</summary>
    public string Summary { get; init; } = "";
}

/// <summary>The variants that specs name; the paper's three first (section 3.3 and table 4).</summary>
public static class RewardVariants
{
    public static RewardVariant HardRecall { get; } = new()
    {
        Name = "hard_recall",
        Summary = "Format and the share of relations found exactly.",
        Terms = [new(RewardFunctions.Format), new(RewardFunctions.EdgeHard)],
    };

    public static RewardVariant HardRecallRelax { get; } = new()
    {
        Name = "hard_recall_relax",
        Summary = "Format and the relations found by box, weighed by how alike their names are.",
        Terms = [new(RewardFunctions.Format), new(RewardFunctions.EdgeHardRelax)],
    };

    public static RewardVariant SoftRecall { get; } = new()
    {
        Name = "soft_recall",
        Summary = "Format, matched objects (category and box) and relations between matched objects.",
        Terms = [new(RewardFunctions.Format), new(RewardFunctions.NodeCategory), new(RewardFunctions.NodeBox), new(RewardFunctions.EdgeSoft)],
    };

    /// <summary>All six rewards of the reference side by side; for looking, not for training.</summary>
    public static RewardVariant ReferenceSix { get; } = new()
    {
        Name = "reference_six",
        Summary = "The reference's six rewards side by side.",
        Terms = [.. RewardFunctions.Reference.Select(f => new RewardTerm(f))],
    };

    /// <summary>Variants of later work, for experiments beside the paper's.</summary>
    public static IReadOnlyList<RewardVariant> Later { get; } =
    [
        Beside("edge_f1", "Format and F1 of the relations, each matched once (after SceneGraphVLM)."),
        Beside("recall_mix", "Format and a mix of recall and mean recall (Relation-R1)."),
        Beside("dual_granularity", "Format and recall at two grains (after SGG-R3)."),
    ];

    public static IReadOnlyList<RewardVariant> All { get; } = [HardRecall, HardRecallRelax, SoftRecall, .. Later];

    private static RewardVariant Beside(string reward, string summary) => new()
    {
        Name = reward,
        Summary = summary,
        Terms = [new(RewardFunctions.Format), new(RewardFunctions.Find(reward))],
    };

    /// <summary>A variant of one's own, as a file or a run describes it (docs/rewards.md).</summary>
    /// <exception cref="LabException">It names a reward that there is not, or two predicates that are one after normalisation.</exception>
    public static RewardVariant Of(VariantSpec spec) => new()
    {
        Name = spec.Name,
        Summary = spec.Summary ?? "",
        Terms = [.. spec.Rewards.Select(reward => new RewardTerm(RewardFunctions.Find(reward.Name), reward.Weight))],
        Settings = new RewardSettings
        {
            FormatWeight = spec.FormatWeight,
            NodeWeight = spec.NodeWeight,
            EdgeWeight = spec.EdgeWeight,
            IouThreshold = spec.IouThreshold,
            SemanticCost = spec.SemanticCost,
            OverlapCost = spec.OverlapCost,
            DistanceCost = spec.DistanceCost,
            StrictFormat = spec.StrictFormat,
            RecallShare = spec.RecallShare,
            FineShare = spec.FineShare,
            AlikeSimilarity = spec.AlikeSimilarity,
            PredicateWeights = PredicateWeights(spec),
            LengthFree = spec.LengthFree,
            LengthMost = spec.LengthMost,
        },
    };

    private static Dictionary<string, double> PredicateWeights(VariantSpec spec)
    {
        var weights = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, weight) in spec.PredicateWeights.Select(predicate => (GraphNames.Refine(predicate.Name), predicate.Weight)))
            if (!weights.TryAdd(name, weight)) throw new LabException($"The variant {spec.Name} weighs the predicate \"{name}\" twice; keep one.");
        return weights;
    }

    /// <summary>What a run trains on: its own variant, or the published one that it names.</summary>
    public static RewardVariant Of(RunSpec run) => run.OwnVariant is { } own ? Of(own) : Find(run.Variant ?? "");

    public static RewardVariant Find(string name) =>
        All.FirstOrDefault(v => v.Name == name)
        ?? throw new LabException($"There is no reward variant \"{name}\". Known: {string.Join(", ", All.Select(v => v.Name))}.");
}
