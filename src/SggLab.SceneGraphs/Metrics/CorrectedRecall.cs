using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>Recall and mean recall with every image counted that has relations: where the reference leaves one out, nothing was found.</summary>
internal static class CorrectedRecall
{
    public static CorrectedFigures Compute(List<EvaluatedImage> images, Vocabulary vocabulary, CocoFigures coco)
    {
        var counted = images.Where(i => i.Truth.Relations.Length > 0).ToList();
        var mean = new PredicateRecall(vocabulary.Predicates.Count);
        foreach (var image in counted) mean.Add(image.Truth.Relations, image.Matches?.FirstRow);
        return new CorrectedFigures(
            counted.Count,
            AtK.Of(k => counted.Sum(i => i.Matches is null ? 0 : i.RecallAt(k)) / counted.Count),
            mean.PredicatesSeen,
            mean.Mean(onlySeen: true),
            coco);
    }
}
