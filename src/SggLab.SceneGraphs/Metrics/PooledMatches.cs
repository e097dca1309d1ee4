using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Python;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>
/// Which true relations any predicted one finds (the loop of <c>vg150_eval.py</c>): same normalised names, both boxes at IoU 0.5 or more in doubles.
/// No limit of rows, and one prediction may find several.
/// </summary>
internal static class PooledMatches
{
    public static bool[] Compute(TrueGraph truth, PredictedGraph? prediction, Vocabulary vocabulary)
    {
        var found = new bool[truth.Relations.Length];
        if (prediction is null || prediction.IsPlaceholder) return found;
        // Boxes lie under normalised ids: of two that normalise to the same, the later one counts for both.
        var boxes = new Dictionary<string, Box>(StringComparer.Ordinal);
        foreach (var known in truth.Image.Graph.Objects) boxes[GraphNames.Refine(known.Id)] = known.Box;
        for (var g = 0; g < found.Length; g++)
        {
            var known = truth.Image.Graph.Relationships[g];
            var (subject, target) = (GraphNames.Refine(known.Subject), GraphNames.Refine(known.Object));
            found[g] = IsFound(GraphNames.Refine(known.Predicate), CategoryOf(subject), CategoryOf(target), boxes[subject], boxes[target], prediction, vocabulary);
        }
        return found;
    }

    private static bool IsFound(string predicate, string subject, string target, in Box subjectBox, in Box targetBox, PredictedGraph prediction, Vocabulary vocabulary)
    {
        foreach (var relation in prediction.Relations)
        {
            if (vocabulary.RefinedPredicate(relation.Predicate) != predicate) continue;
            var (from, to) = (prediction.Objects[relation.Subject], prediction.Objects[relation.Object]);
            if (from.Target != subject || to.Target != target) continue;
            if (BoxMath.Iou(subjectBox, from.Box) >= 0.5 && BoxMath.Iou(targetBox, to.Box) >= 0.5) return true;
        }
        return false;
    }

    private static string CategoryOf(string id) => PythonText.Strip(GraphNames.CategoryOf(id)).ToString();
}
