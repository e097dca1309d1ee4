namespace SggLab.SceneGraphs.Rewards;

/// <summary>
/// 5 x the mean, over true relations, of the greatest product of the three similarities among the written relations whose boxes have IoU at least 0.5
/// (<c>edge_hard_relax_reward</c>). One written relation that names an object never listed makes the whole reward 0.
/// </summary>
internal static class EdgeHardRelaxReward
{
    public static double Compute(RewardCase c)
    {
        if (!c.TryReadNodes() || !c.TryReadEdges()) return 0;
        var reward = 0.0;
        foreach (ref readonly var known in c.TrueEdges.Span)
        {
            if (!TryFindBest(c, known, out var best, out _)) return 0;
            reward += best * c.Settings.EdgeWeight;
        }
        return reward / Math.Max(1, c.TrueEdges.Count);
    }

    public static Told Explain(RewardCase c, RewardFaults faults)
    {
        if (faults.Relations() is { } reason) return new Told(reason);
        var found = 0;
        foreach (ref readonly var known in c.TrueEdges.Span)
        {
            if (!TryFindBest(c, known, out var best, out var at)) return new Told(faults.Spoiler(known, at));
            if (best != 0) found++;
        }
        return new Told(null, $"{found} of {c.TrueEdges.Count} true relations found, by names that are alike.");
    }

    /// <param name="at">The written relation that was looked at last.</param>
    /// <returns>False where the reference raises on it.</returns>
    private static bool TryFindBest(RewardCase c, in TrueEdge known, out double best, out int at)
    {
        best = 0;
        var any = false;
        for (at = 0; at < c.Edges.Count; at++)
        {
            ref readonly var written = ref c.Edges[at];
            if (!EdgeOverlap.TryCompute(c, known, written, out var subjectIou, out var objectIou)) return false;
            if (subjectIou < c.Settings.IouThreshold || objectIou < c.Settings.IouThreshold) continue;
            if (written.Predicate is null) return false;
            var product = Product(c, known, written);
            if (double.IsNaN(product)) return false;
            best = any ? Math.Max(best, product) : product;
            any = true;
        }
        return true;
    }

    /// <summary>The product of the similarities of subject, object and predicate; NaN where the reference raises.</summary>
    public static double Product(RewardCase c, in TrueEdge known, in WrittenEdge written) =>
        c.Names.Similarity(known.SubjectName.RefinedCategory, written.Subject!.RefinedCategory)
        * c.Names.Similarity(known.ObjectName.RefinedCategory, written.Object!.RefinedCategory)
        * c.Names.Similarity(known.Predicate.RefinedCategory, written.Predicate!.RefinedCategory);
}
