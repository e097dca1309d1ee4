using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>Tells from a loaded case what its rewards saw.</summary>
internal static class RewardExplainer
{
    public static RewardExplanation Explain(RewardCase c, RewardScore score, string? unreadable)
    {
        var readable = c.TryReadNodes();
        var edges = c.TryReadEdges();
        return new RewardExplanation
        {
            Score = score,
            Unreadable = readable ? null : unreadable ?? "The reference raises on it.",
            Written = readable ? [.. c.Nodes.Span.ToArray().Select(n => new SceneObject(n.Name.Refined, n.Box))] : [],
            WrittenRelations = edges ? [.. c.Edges.Span.ToArray().Select(e => new SceneRelationship(TextOf(e.Subject), TextOf(e.Predicate), TextOf(e.Object)))] : [],
            Matches = c.TryMatch() ? [.. Enumerable.Range(0, c.Nodes.Count).Where(i => c.MatchOf(i) >= 0).Select(i => Match(c, i))] : [],
            Relations = readable && edges ? [.. Enumerable.Range(0, c.TrueEdges.Count).Select(i => Relation(c, i))] : [],
        };
    }

    private static string TextOf(Name? name) => name?.Refined ?? "";

    private static ExplainedMatch Match(RewardCase c, int written)
    {
        var match = c.MatchOf(written);
        var (own, known) = (c.Nodes[written], c.TrueNodes[match]);
        BoxMath.TryGeneralizedIou(own.Box, known.Box, out var generalized);
        return new ExplainedMatch(written, match, c.CostOf(written, match), c.Names.Similarity(own.Name.RefinedCategory, known.Name.RawCategory),
            BoxMath.Iou(known.Box, own.Box), generalized, BoxMath.L1(own.Box, known.Box));
    }

    private static ExplainedRelation Relation(RewardCase c, int index)
    {
        ref readonly var known = ref c.TrueEdges[index];
        int? hard = null, relaxed = null;
        var best = 0.0;
        for (var i = 0; i < c.Edges.Count; i++)
        {
            var written = c.Edges[i];
            if (hard is null && EdgeAgreement.IsSame(c, known, written)) hard = i;
            if (written.Predicate is null || !EdgeOverlap.TryCompute(c, known, written, out var subjectIou, out var objectIou)) continue;
            if (subjectIou < c.Settings.IouThreshold || objectIou < c.Settings.IouThreshold) continue;
            var product = EdgeHardRelaxReward.Product(c, known, written);
            if (relaxed is not null && !(product > best)) continue;
            (relaxed, best) = (i, product);
        }
        var (soft, softSimilarity) = c.TryMatch() ? EdgeSoftReward.Find(c, known) : (null, 0);
        return new ExplainedRelation(index, hard, relaxed, best, soft, softSimilarity);
    }
}
