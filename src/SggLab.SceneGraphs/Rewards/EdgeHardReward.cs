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
            if (!TryFind(c, known, out var isFound, out _)) return 0;
            if (isFound) found += c.Settings.EdgeWeight;
        }
        return found / Math.Max(1, c.TrueEdges.Count);
    }

    public static Told Explain(RewardCase c, RewardFaults faults)
    {
        if (faults.Relations() is { } reason) return new Told(reason);
        var found = 0;
        foreach (ref readonly var known in c.TrueEdges.Span)
        {
            if (!TryFind(c, known, out var isFound, out var at)) return new Told(faults.Spoiler(known, at));
            if (isFound) found++;
        }
        return new Told(null, $"{found} of {c.TrueEdges.Count} true relations found.");
    }

    /// <param name="at">The written relation that was looked at last.</param>
    /// <returns>False where the reference raises on it.</returns>
    private static bool TryFind(RewardCase c, in TrueEdge known, out bool found, out int at)
    {
        found = false;
        for (at = 0; at < c.Edges.Count; at++)
        {
            ref readonly var written = ref c.Edges[at];
            if (written.Predicate is null) return false;
            if (known.Predicate.RefinedId != written.Predicate.RefinedId) continue;
            if (!EdgeOverlap.TryCompute(c, known, written, out var subjectIou, out var objectIou)) return false;
            if (subjectIou < c.Settings.IouThreshold || objectIou < c.Settings.IouThreshold) continue;
            found = HasNames(known, written);
            if (found) return true;
        }
        return true;
    }

    /// <summary>The same three names; the ends of the written relation are there.</summary>
    public static bool HasNames(in TrueEdge known, in WrittenEdge written) =>
        known.Predicate.RefinedId == written.Predicate?.RefinedId
        && known.SubjectName.RefinedCategory == written.Subject!.RefinedCategory
        && known.ObjectName.RefinedCategory == written.Object!.RefinedCategory;
}
