using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>2 x the mean, over true objects, of (2 IoU + 5 exp(-L1)) / 7 of the box that was matched to each (<c>node_box_reward</c>).</summary>
internal static class NodeBoxReward
{
    public static double Compute(RewardCase c)
    {
        if (!c.TryMatch()) return 0;
        var (overlap, distance) = (c.Settings.OverlapCost, c.Settings.DistanceCost);
        var reward = 0.0;
        for (var i = 0; i < c.Nodes.Count; i++)
        {
            if (c.MatchOf(i) is not (>= 0 and var match)) continue;
            var known = c.TrueNodes[match].Box;
            var written = c.Nodes[i].Box;
            reward += (BoxMath.Iou(known, written) * overlap + Math.Exp(-BoxMath.L1(known, written)) * distance) / (overlap + distance) * c.Settings.NodeWeight;
        }
        return reward / Math.Max(1, c.TrueNodes.Count);
    }

    public static Told Explain(RewardCase c, RewardFaults faults) =>
        faults.Matched() is { } reason ? new Told(reason) : new Told(null, $"{c.CountMatched()} of {c.TrueNodes.Count} true objects matched.");
}
