using System.Globalization;
using SggLab.SceneGraphs.Completions;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>Tells from a loaded case what its rewards saw.</summary>
internal static class RewardExplainer
{
    /// <param name="failure">What the evaluation's parser says of the completion; null where it reads it.</param>
    public static RewardExplanation Explain(RewardCase c, RewardVariant variant, RewardScore score, CompletionFailure? failure)
    {
        var readable = c.TryReadNodes();
        var edges = c.TryReadEdges();
        var faults = new RewardFaults(c, failure switch
        {
            { Position: { } position } => string.Create(CultureInfo.InvariantCulture, $"The answer is no JSON: {failure.Message} (character {position})."),
            _ => failure?.Message,
        });
        return new RewardExplanation
        {
            Score = score,
            Parts = [.. variant.Terms.Select(t => Part(c, t, score, faults))],
            Unreadable = faults.Objects(),
            Written = readable ? [.. c.Nodes.Span.ToArray().Select(n => new SceneObject(n.Name.Refined, n.Box))] : [],
            WrittenRelations = edges ? [.. c.Edges.Span.ToArray().Select(e => new SceneRelationship(TextOf(e.Subject), TextOf(e.Predicate), TextOf(e.Object)))] : [],
            Matches = c.TryMatch() ? [.. Enumerable.Range(0, c.Nodes.Count).Where(i => c.MatchOf(i) >= 0).Select(i => Match(c, i))] : [],
            Relations = [.. Enumerable.Range(0, c.TrueEdges.Count).Select(i => readable && edges ? Relation(c, i) : new ExplainedRelation(i, null, null, 0, null, 0))],
        };
    }

    private static ExplainedPart Part(RewardCase c, RewardTerm term, RewardScore score, RewardFaults faults)
    {
        var told = term.Function.Explain(c, faults);
        return new ExplainedPart(term.Function.Name, score.Parts[term.Function.Name], term.Weight, told.Reason, told.Detail);
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
            if (written.Predicate is null || !EdgeOverlap.TryCompute(c, known, written, out var subjectIou, out var objectIou)) continue;
            if (subjectIou < c.Settings.IouThreshold || objectIou < c.Settings.IouThreshold) continue;
            if (hard is null && EdgeHardReward.HasNames(known, written)) hard = i;
            var product = EdgeHardRelaxReward.Product(c, known, written);
            if (relaxed is not null && !(product > best)) continue;
            (relaxed, best) = (i, product);
        }
        var (soft, softSimilarity) = c.TryMatch() ? EdgeSoftReward.Find(c, known) : (null, 0);
        return new ExplainedRelation(index, hard, relaxed, best, soft, softSimilarity);
    }
}
