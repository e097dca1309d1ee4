namespace SggLab.SceneGraphs.Rewards;

/// <summary>2 x the mean, over true objects, of the similarity of the category that was matched to each (<c>node_acc_reward</c>).</summary>
internal static class NodeCategoryReward
{
    public static double Compute(RewardCase c)
    {
        if (!c.TryMatch()) return 0;
        var reward = 0.0;
        for (var i = 0; i < c.Nodes.Count; i++)
        {
            if (c.MatchOf(i) is not (>= 0 and var match)) continue;
            reward += c.Names.Similarity(c.TrueNodes[match].Name.RawCategory, c.Nodes[i].Name.RefinedCategory) * c.Settings.NodeWeight;
        }
        return reward / Math.Max(1, c.TrueNodes.Count);
    }

    public static Told Explain(RewardCase c, RewardFaults faults) =>
        faults.Matched() is { } reason ? new Told(reason) : new Told(null, $"{c.CountMatched()} of {c.TrueNodes.Count} true objects matched.");
}
