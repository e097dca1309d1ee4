using System.Globalization;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>
/// 5 x (f x fine + (1 - f) x coarse), f = 0.5: fine is recall with each true relation weighed by its predicate, coarse counts a relation as found
/// where the predicate is at least alike. After the dual-granularity reward of SGG-R3 (arXiv 2603.07961), which weighs predicates by their rarity
/// in training and clusters them by meaning; here the weights are given by the settings, and alike means a similarity of at least 0.7.
/// </summary>
internal static class DualGranularityReward
{
    public static double Compute(RewardCase c)
    {
        if (!c.TryReadNodes() || !c.TryReadEdges() || c.TrueEdges.Count == 0) return 0;
        var (fine, coarse) = Count(c);
        return c.Settings.EdgeWeight * (c.Settings.FineShare * fine + (1 - c.Settings.FineShare) * coarse / c.TrueEdges.Count);
    }

    public static Told Explain(RewardCase c, RewardFaults faults)
    {
        if (faults.Relations() is { } reason) return new Told(reason);
        var (fine, coarse) = Count(c);
        return new Told(null, string.Create(CultureInfo.InvariantCulture, $"{fine:0.###} of the true relations' weight found exactly, {coarse} of {c.TrueEdges.Count} with predicates that are alike."));
    }

    private static (double Fine, int Coarse) Count(RewardCase c)
    {
        var (fine, whole, coarse) = (0.0, 0.0, 0);
        foreach (ref readonly var known in c.TrueEdges.Span)
        {
            var weight = c.Settings.PredicateWeights.GetValueOrDefault(known.Predicate.Refined, 1);
            whole += weight;
            if (EdgeAgreement.IsFound(c, known)) fine += weight;
            if (IsFoundAlike(c, known)) coarse++;
        }
        return (whole == 0 ? 0 : fine / whole, coarse);
    }

    private static bool IsFoundAlike(RewardCase c, in TrueEdge known)
    {
        foreach (ref readonly var written in c.Edges.Span)
        {
            if (written.Predicate is null || !EdgeAgreement.IsSamePair(c, known, written)) continue;
            if (written.Predicate.RefinedId == known.Predicate.RefinedId) return true;
            if (c.Names.Similarity(known.Predicate.RefinedCategory, written.Predicate.RefinedCategory) >= c.Settings.AlikeSimilarity) return true;
        }
        return false;
    }
}
