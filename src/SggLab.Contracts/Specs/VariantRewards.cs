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

    /// <summary>Every reward that a variant of one's own may use.</summary>
    public static IReadOnlyList<string> Known { get; } =
    [
        "format", "node_category", "node_box", "edge_soft", "edge_hard", "edge_hard_relax",
        "format_published", "edge_f1", "edge_precision", "recall_mix", "dual_granularity", "repetition_penalty", "length_penalty",
    ];

    /// <summary>The rewards of a run's variant, in its order; null where there is no such variant.</summary>
    public static IReadOnlyList<string>? Of(RunSpec run) =>
        run.OwnVariant is { } own ? [.. own.Rewards.Select(reward => reward?.Name ?? "")] : ByName.GetValueOrDefault(run.Variant ?? "");
}
