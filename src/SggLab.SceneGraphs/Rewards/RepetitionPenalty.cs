namespace SggLab.SceneGraphs.Rewards;

/// <summary>From 0 to -1: the share of written objects and relations that say again what an earlier one said (same name and box, same three names).</summary>
internal static class RepetitionPenalty
{
    public static double Compute(RewardCase c)
    {
        if (!c.TryReadNodes() || !c.TryReadEdges()) return 0;
        var total = c.Nodes.Count + c.Edges.Count;
        return total == 0 ? 0 : -CountRepeated(c) / (double)total;
    }

    public static Told Explain(RewardCase c, RewardFaults faults) => faults.ObjectsAndRelationships() is { } reason
        ? new Told(reason)
        : new Told(null, $"{CountRepeated(c)} of {c.Nodes.Count + c.Edges.Count} objects and relations say again what an earlier one said.");

    private static int CountRepeated(RewardCase c)
    {
        var nodes = new HashSet<(int, Graphs.Box)>();
        var edges = new HashSet<(int?, int?, int?)>();
        foreach (ref readonly var node in c.Nodes.Span) nodes.Add((node.Name.RefinedId, node.Box));
        foreach (ref readonly var edge in c.Edges.Span) edges.Add((edge.Subject?.RefinedId, edge.Predicate?.RefinedId, edge.Object?.RefinedId));
        return c.Nodes.Count + c.Edges.Count - nodes.Count - edges.Count;
    }
}
