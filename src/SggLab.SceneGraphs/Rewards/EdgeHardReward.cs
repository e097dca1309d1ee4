using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>
/// 5 x the share of true relations for which some written relation has the same predicate, the same two categories and boxes of IoU at least 0.5
/// (<c>edge_hard_reward</c>).
/// </summary>
/// <remarks>
/// A written relation is looked at only as far as the reference looks: one with the wrong predicate may name an object that was never listed,
/// while the right predicate with such a name makes the whole reward 0. An IoU of NaN passes.
/// </remarks>
internal static class EdgeHardReward
{
    public static double Compute(RewardCase c)
    {
        if (!c.TryReadNodes() || !c.TryReadEdges()) return 0;
        var found = 0.0;
        foreach (ref readonly var known in c.TrueEdges.Span)
        {
            if (!TryFind(c, known, out var isFound)) return 0;
            if (isFound) found += c.Settings.EdgeWeight;
        }
        return found / Math.Max(1, c.TrueEdges.Count);
    }

    private static bool TryFind(RewardCase c, in TrueEdge known, out bool found)
    {
        found = false;
        foreach (ref readonly var written in c.Edges.Span)
        {
            if (written.Predicate is null) return false;
            if (known.Predicate.RefinedId != written.Predicate.RefinedId) continue;
            if (!EdgeOverlap.TryCompute(c, known, written, out var subjectIou, out var objectIou)) return false;
            if (subjectIou < c.Settings.IouThreshold || objectIou < c.Settings.IouThreshold) continue;
            found = known.SubjectName.RefinedCategory == written.Subject!.RefinedCategory
                && known.ObjectName.RefinedCategory == written.Object!.RefinedCategory;
            if (found) return true;
        }
        return true;
    }
}
