namespace SggLab.SceneGraphs.Rewards;

/// <summary>Whether a written relation is a true one, told without the reference's raising: what names nothing agrees with nothing.</summary>
internal static class EdgeAgreement
{
    /// <summary>Both boxes at the IoU threshold or above and the same two categories.</summary>
    public static bool IsSamePair(RewardCase c, in TrueEdge known, in WrittenEdge written) =>
        EdgeOverlap.TryCompute(c, known, written, out var subjectIou, out var objectIou)
        && subjectIou >= c.Settings.IouThreshold
        && objectIou >= c.Settings.IouThreshold
        && known.SubjectName.RefinedCategory == written.Subject!.RefinedCategory
        && known.ObjectName.RefinedCategory == written.Object!.RefinedCategory;

    /// <summary>The same pair and the same predicate.</summary>
    public static bool IsSame(RewardCase c, in TrueEdge known, in WrittenEdge written) =>
        written.Predicate?.RefinedId == known.Predicate.RefinedId && IsSamePair(c, known, written);

    public static bool IsFound(RewardCase c, in TrueEdge known)
    {
        foreach (ref readonly var written in c.Edges.Span)
            if (IsSame(c, known, written)) return true;
        return false;
    }
}
