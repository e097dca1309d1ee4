namespace SggLab.SceneGraphs.Rewards;

/// <summary>
/// 5 x F1 of the relations under a one-to-one matching: a written relation that repeats another, or is not true, costs precision.
/// After the hallucination-aware reward of SceneGraphVLM (arXiv 2605.13667); the matching criterion is that of the hard reward.
/// </summary>
internal static class EdgeF1Reward
{
    public static double Compute(RewardCase c)
    {
        if (!c.TryReadNodes() || !c.TryReadEdges()) return 0;
        var total = c.Edges.Count + c.TrueEdges.Count;
        return total == 0 ? c.Settings.EdgeWeight : c.Settings.EdgeWeight * 2 * OneToOne.Count(c) / total;
    }

    public static Told Explain(RewardCase c, RewardFaults faults) => faults.ObjectsAndRelationships() is { } reason
        ? new Told(reason)
        : new Told(null, $"{OneToOne.Count(c)} of {c.TrueEdges.Count} true relations found, each by a relation of its own, with {c.Edges.Count} written.");
}

/// <summary>5 x the share of written relations that a one-to-one matching keeps; 0 for none written.</summary>
internal static class EdgePrecisionReward
{
    public static double Compute(RewardCase c) =>
        c.TryReadNodes() && c.TryReadEdges() ? c.Settings.EdgeWeight * OneToOne.Count(c) / Math.Max(1, c.Edges.Count) : 0;
}
