using System.Globalization;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>
/// 5 x (a x recall + (1 - a) x mean recall over the predicates of the image), a = 0.5 (Relation-R1, arXiv 2504.14642: the binary relation reward):
/// a rare predicate weighs as much as a common one in the second part.
/// </summary>
internal static class RecallMixReward
{
    public static double Compute(RewardCase c)
    {
        if (!c.TryReadNodes() || !c.TryReadEdges() || c.TrueEdges.Count == 0) return 0;
        var (found, meanRecall) = Count(c);
        return c.Settings.EdgeWeight * (c.Settings.RecallShare * (found / (double)c.TrueEdges.Count) + (1 - c.Settings.RecallShare) * meanRecall);
    }

    public static Told Explain(RewardCase c, RewardFaults faults)
    {
        if (faults.Relations() is { } reason) return new Told(reason);
        var (found, meanRecall) = Count(c);
        return new Told(null, string.Create(CultureInfo.InvariantCulture, $"{found} of {c.TrueEdges.Count} true relations found; mean over their predicates {meanRecall:0.###}."));
    }

    private static (int Found, double MeanRecall) Count(RewardCase c)
    {
        var byPredicate = new Dictionary<int, (int Found, int Count)>();
        var found = 0;
        foreach (ref readonly var known in c.TrueEdges.Span)
        {
            var hit = EdgeAgreement.IsFound(c, known) ? 1 : 0;
            found += hit;
            var tally = byPredicate.GetValueOrDefault(known.Predicate.RefinedId);
            byPredicate[known.Predicate.RefinedId] = (tally.Found + hit, tally.Count + 1);
        }
        return (found, byPredicate.Values.Sum(t => t.Found / (double)t.Count) / byPredicate.Count);
    }
}
