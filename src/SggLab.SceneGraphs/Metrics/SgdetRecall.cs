using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>Recall, zero-shot recall and mean recall at 20, 50 and 100, with and without graph constraint, over the images that the reference counts.</summary>
internal static class SgdetRecall
{
    public static SgdetFigures Compute(List<EvaluatedImage> images, Vocabulary vocabulary, EvaluationProtocol protocol)
    {
        var counted = images.Where(i => i.Matches is not null).ToList();
        var mean = new PredicateRecall(vocabulary.Predicates.Count);
        var noGraphMean = new PredicateRecall(vocabulary.Predicates.Count);
        foreach (var image in counted)
        {
            mean.Add(image.Truth.Relations, image.Matches!.FirstRow);
            noGraphMean.Add(image.Truth.Relations, image.Matches.FirstNoGraphRow);
        }
        var zeroShot = vocabulary.ZeroShot is { } list && (vocabulary.Name != "psg" || protocol.ZeroShotForPsg)
            ? counted.Select(i => (Image: i, Relations: ZeroShotOf(i.Truth, list))).Where(i => i.Relations.Count > 0).ToList()
            : null;
        return new SgdetFigures(
            AtK.Of(k => Mean(counted, i => i.RecallAt(k))),
            AtK.Of(k => Mean(counted, i => i.NoGraphRecallAt(k))),
            zeroShot is null ? null : AtK.Of(k => Mean(zeroShot, i => Share(i.Relations, i.Image.Matches!.FirstRow, k))),
            zeroShot is null ? null : AtK.Of(k => Mean(zeroShot, i => Share(i.Relations, i.Image.Matches!.FirstNoGraphRow, k))),
            mean.Mean(onlySeen: false),
            noGraphMean.Mean(onlySeen: false),
            counted.Count,
            zeroShot?.Count ?? 0,
            [.. Enumerable.Range(1, vocabulary.Predicates.Count).Select(p => new SgdetPredicate(vocabulary.PredicateName(p), mean.Images(p), mean.Of(p), noGraphMean.Of(p)))]);
    }

    private static List<int> ZeroShotOf(TrueGraph truth, IReadOnlySet<(int, int, int)> list)
    {
        var relations = new List<int>();
        for (var i = 0; i < truth.Relations.Length; i++)
        {
            var relation = truth.Relations[i];
            if (list.Contains((truth.Labels[relation.Subject], truth.Labels[relation.Object], relation.Predicate))) relations.Add(i);
        }
        return relations;
    }

    private static double Share(List<int> relations, int[] firstRows, int k) => relations.Count(r => firstRows[r] < k) / (double)relations.Count;

    private static double Mean<T>(List<T> items, Func<T, double> value) => items.Sum(value) / items.Count;
}
