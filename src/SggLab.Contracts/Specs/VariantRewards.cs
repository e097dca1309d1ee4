namespace SggLab.Contracts.Specs;

/// <summary>The rewards of each variant that a spec may name, the paper's three first, in the order in which weights and warm-ups are given.</summary>
public static class VariantRewards
{
    public static IReadOnlyDictionary<string, string[]> ByName { get; } = new Dictionary<string, string[]>
    {
        ["hard_recall"] = ["format", "edge_hard"],
        ["hard_recall_relax"] = ["format", "edge_hard_relax"],
        ["soft_recall"] = ["format", "node_category", "node_box", "edge_soft"],
        ["edge_f1"] = ["format", "edge_f1"],
        ["recall_mix"] = ["format", "recall_mix"],
        ["dual_granularity"] = ["format", "dual_granularity"],
    };
}
