namespace SggLab.SceneGraphs.Rewards;

/// <summary>
/// 5 x the mean, over true relations, of the product of the three similarities (subject, object, predicate) where the objects matched to its ends
/// are related in the answer (<c>edge_reward</c>). Of several written relations of one pair the last counts.
/// </summary>
internal static class EdgeSoftReward
{
    public static double Compute(RewardCase c)
    {
        if (!c.TryMatch() || !c.TryReadEdges() || !EveryEdgeIsWhole(c)) return 0;
        var reward = 0.0;
        foreach (ref readonly var known in c.TrueEdges.Span)
        {
            var (_, product) = Find(c, known);
            if (double.IsNaN(product)) return 0;
            reward += product * c.Settings.EdgeWeight;
        }
        return reward / Math.Max(1, c.TrueEdges.Count);
    }

    public static Told Explain(RewardCase c, RewardFaults faults)
    {
        if ((faults.Matching() ?? faults.Relations() ?? faults.Part()) is { } reason) return new Told(reason);
        var related = 0;
        foreach (ref readonly var known in c.TrueEdges.Span)
        {
            var (written, product) = Find(c, known);
            if (double.IsNaN(product)) return new Told(faults.Spoiler(known, written!.Value));
            if (written is not null) related++;
        }
        return new Told(null, $"{related} of {c.TrueEdges.Count} true relations are between matched objects that the answer relates.");
    }

    /// <summary>The written relation between the objects matched to the ends of a true one, and the product of the similarities; NaN where the reference raises.</summary>
    public static (int? Written, double Product) Find(RewardCase c, in TrueEdge known)
    {
        var subject = MatchedName(c, known.SubjectName);
        var target = MatchedName(c, known.ObjectName);
        if (subject is null || target is null || LastBetween(c, subject, target) is not { } index) return (null, 0);
        return (index, c.Names.Similarity(known.SubjectName.RawCategory, subject.RefinedCategory)
            * c.Names.Similarity(known.ObjectName.RawCategory, target.RefinedCategory)
            * c.Names.Similarity(known.Predicate.RawCategory, c.Edges[index].Predicate!.RefinedCategory));
    }

    private static bool EveryEdgeIsWhole(RewardCase c)
    {
        foreach (ref readonly var edge in c.Edges.Span)
            if (edge.Subject is null || edge.Predicate is null || edge.Object is null) return false;
        return true;
    }

    // Ground truths may list an id twice: the later match stands.
    private static Name? MatchedName(RewardCase c, Name trueId)
    {
        for (var i = c.Nodes.Count - 1; i >= 0; i--)
            if (c.MatchOf(i) is >= 0 and var match && ReferenceEquals(c.TrueNodes[match].Name, trueId)) return c.Nodes[i].Name;
        return null;
    }

    private static int? LastBetween(RewardCase c, Name subject, Name target)
    {
        for (var i = c.Edges.Count - 1; i >= 0; i--)
        {
            ref readonly var edge = ref c.Edges[i];
            if (edge.Predicate is not null && edge.Subject?.RefinedId == subject.RefinedId && edge.Object?.RefinedId == target.RefinedId) return i;
        }
        return null;
    }
}
