using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>
/// For each true relation of an image the first predicted row that finds it (<c>SGRecall</c>, <c>SGNoGraphConstraintRecall</c>): same three labels,
/// both boxes at IoU 0.5 or more, where IoU is in float32 with one pixel added to each width and height.
/// </summary>
internal sealed class RelationMatches
{
    public const int MaxRows = 100;

    /// <summary>The first row, from 0, that finds each true relation; <see cref="int.MaxValue"/> where none of the first 100 does.</summary>
    public required int[] FirstRow { get; init; }

    /// <summary>The same among the rows without graph constraint.</summary>
    public required int[] FirstNoGraphRow { get; init; }

    /// <returns>Null where the image is not counted: no true relation, or known objects but no usable relation.</returns>
    public static RelationMatches? Compute(TrueGraph truth, PredictedGraph prediction, Vocabulary vocabulary, EvaluationProtocol protocol)
    {
        if (truth.Relations.Length == 0) return null;
        if (prediction.IsPlaceholder) return OfPlaceholder(truth, vocabulary, protocol);
        if (prediction.Relations.Count == 0) return null;
        var rows = new (int Subject, int Object, int Predicate, Box SubjectBox, Box ObjectBox)[Math.Min(MaxRows, prediction.Relations.Count)];
        for (var i = 0; i < rows.Length; i++)
        {
            var relation = prediction.Relations[i];
            var (subject, target) = (prediction.Objects[relation.Subject], prediction.Objects[relation.Object]);
            rows[i] = (subject.Label, target.Label, relation.Predicate, subject.Box, target.Box);
        }
        return Compute(truth, rows, rows.Length, vocabulary.Predicates.Count, protocol);
    }

    // The stand-in of a failed image: one relation of score 0 from an empty box of label 0 to itself. Its predicate is the first.
    private static RelationMatches OfPlaceholder(TrueGraph truth, Vocabulary vocabulary, EvaluationProtocol protocol) =>
        Compute(truth, [(0, 0, 1, default, default)], scored: 0, vocabulary.Predicates.Count, protocol);

    private static RelationMatches Compute(
        TrueGraph truth, (int Subject, int Object, int Predicate, Box SubjectBox, Box ObjectBox)[] rows, int scored, int predicates, EvaluationProtocol protocol)
    {
        var first = NewRows(truth);
        var noGraph = NewRows(truth);
        for (var g = 0; g < truth.Relations.Length; g++)
        {
            var known = truth.Relations[g];
            var (subject, target) = (truth.Labels[known.Subject], truth.Labels[known.Object]);
            var subjectBox = truth.Image.Graph.Objects[known.Subject].Box;
            var targetBox = truth.Image.Graph.Objects[known.Object].Box;
            for (var i = 0; i < rows.Length; i++)
            {
                ref readonly var row = ref rows[i];
                if (row.Subject != subject || row.Object != target) continue;
                var isSame = row.Predicate == known.Predicate;
                // Without graph constraint the scored rows come first, in order; what fills up follows pair after pair, predicate after predicate.
                var fill = protocol.FillNoGraphPredicates && !(isSame && i < scored) ? FillRow(i, known.Predicate, row.Predicate, scored, predicates) : int.MaxValue;
                if (!isSame && fill >= MaxRows) continue;
                if (!Overlaps(subjectBox, row.SubjectBox) || !Overlaps(targetBox, row.ObjectBox)) continue;
                if (isSame) first[g] = Math.Min(first[g], i);
                if (isSame && i < scored) noGraph[g] = Math.Min(noGraph[g], i);
                else if (fill < MaxRows) noGraph[g] = Math.Min(noGraph[g], fill);
            }
        }
        return new RelationMatches { FirstRow = first, FirstNoGraphRow = noGraph };
    }

    private static int FillRow(int row, int predicate, int own, int scored, int predicates)
    {
        // The stand-in is one row, all of whose predicates have score 0.
        if (scored == 0) return predicate - 1;
        return scored + row * (predicates - 1) + (predicate < own ? predicate - 1 : predicate - 2);
    }

    private static int[] NewRows(TrueGraph truth)
    {
        var rows = new int[truth.Relations.Length];
        Array.Fill(rows, int.MaxValue);
        return rows;
    }

    private static bool Overlaps(in Box a, in Box b)
    {
        var (ax1, ay1, ax2, ay2) = ((float)a.X1, (float)a.Y1, (float)a.X2, (float)a.Y2);
        var (bx1, by1, bx2, by2) = ((float)b.X1, (float)b.Y1, (float)b.X2, (float)b.Y2);
        var width = MathF.Max(0, MathF.Min(ax2, bx2) - MathF.Max(ax1, bx1) + 1);
        var height = MathF.Max(0, MathF.Min(ay2, by2) - MathF.Max(ay1, by1) + 1);
        var intersection = width * height;
        var areaA = (ax2 - ax1 + 1) * (ay2 - ay1 + 1);
        var areaB = (bx2 - bx1 + 1) * (by2 - by1 + 1);
        return intersection / (areaA + areaB - intersection) >= 0.5f;
    }
}
