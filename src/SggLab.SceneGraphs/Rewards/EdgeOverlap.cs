using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>How far the two ends of a written relation cover those of a true one.</summary>
internal static class EdgeOverlap
{
    /// <returns>False where the reference raises: an end that is missing, no text, or not among the listed objects.</returns>
    public static bool TryCompute(RewardCase c, in TrueEdge known, in WrittenEdge written, out double subjectIou, out double objectIou)
    {
        subjectIou = objectIou = 0;
        if (known.Subject is not { } knownSubject || known.Object is not { } knownTarget || written.Subject is null || written.Object is null) return false;
        if (c.WrittenBox(written.Subject) is not { } subject || c.WrittenBox(written.Object) is not { } target) return false;
        subjectIou = BoxMath.Iou(c.TrueNodes[knownSubject].Box, subject);
        objectIou = BoxMath.Iou(c.TrueNodes[knownTarget].Box, target);
        return true;
    }
}
