using SggLab.Contracts;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>Scores raw completions against a data set: what <c>sgg_gather_preds.py</c> and <c>vg150_eval.py</c> print, and per image.</summary>
public static class SceneGraphEvaluator
{
    /// <param name="groundTruths">Ids must differ. Their order decides which object is the first (quirk of COCO's AP).</param>
    /// <param name="predictions">At most one an image. Images without one are left out of sgdet and COCO, and are misses in the pooled figures.</param>
    /// <exception cref="LabException">Names outside the vocabulary, dangling relations, ids unknown or given twice.</exception>
    public static EvaluationReport Evaluate(
        Vocabulary vocabulary, IReadOnlyList<GroundTruthImage> groundTruths, IReadOnlyList<RawPrediction> predictions, EvaluationProtocol protocol)
    {
        var images = EvaluatedImage.Join(vocabulary, groundTruths, predictions, protocol);
        return new EvaluationReport
        {
            Vocabulary = vocabulary.Name,
            Protocol = protocol.Name,
            PredicateCount = vocabulary.Predicates.Count,
            ImageCount = groundTruths.Count,
            PredictionCount = predictions.Count,
            Failure = FailureOf(images),
            ValidPredictions = images.Count(i => i.Prediction is { IsPlaceholder: false }),
            Pooled = PooledRecall.Pool(images),
            PerImage = PooledRecall.Average(images),
            Sgdet = SgdetRecall.Compute(images, vocabulary, protocol),
            Coco = Coco(images, vocabulary, protocol, firstAnnotationIsLost: true, withMissing: false),
            Corrected = CorrectedRecall.Compute(images, vocabulary, Coco(images, vocabulary, protocol, firstAnnotationIsLost: false, withMissing: true)),
            NonFiniteBoxes = images.Sum(i => i.Prediction?.NonFinite ?? 0),
            Images = [.. images.Select(i => i.Figures())],
        };
    }

    /// <summary>What <see cref="Evaluate"/> would refuse of an image, before there is any prediction.</summary>
    /// <exception cref="LabException">A name outside the vocabulary, or a relation to an object that is not listed.</exception>
    public static void Check(Vocabulary vocabulary, GroundTruthImage image) => TrueGraph.Make(image, vocabulary, 0);

    private static FailureFigures FailureOf(List<EvaluatedImage> images)
    {
        var kinds = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var total = 0;
        foreach (var prediction in images.Select(i => i.Prediction).OfType<PredictedGraph>())
        {
            total++;
            if (prediction.Parsed.Failure is { } failure) kinds[failure.KindName] = kinds.GetValueOrDefault(failure.KindName) + 1;
        }
        var failed = kinds.Values.Sum();
        return new FailureFigures(failed, total, Math.Round(failed / (double)total * 100, 4), kinds);
    }

    private static CocoFigures Coco(List<EvaluatedImage> images, Vocabulary vocabulary, EvaluationProtocol protocol, bool firstAnnotationIsLost, bool withMissing)
    {
        var evaluator = new CocoEvaluator(vocabulary, firstAnnotationIsLost);
        foreach (var image in images.OrderBy(i => i.Truth.Image.ImageId, StringComparer.Ordinal))
        {
            if (image.Prediction is null && !withMissing) continue;
            evaluator.Add(image.Truth, image.Detections(protocol));
        }
        return evaluator.Figures();
    }
}
