using SggLab.Contracts;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>An image of the ground truth with what was predicted for it and what was found.</summary>
internal sealed class EvaluatedImage
{
    public required TrueGraph Truth { get; init; }

    /// <summary>Null where there is no prediction.</summary>
    public required PredictedGraph? Prediction { get; init; }

    /// <summary>Which true relations the pooled loop found.</summary>
    public required bool[] Found { get; init; }

    /// <summary>Null where the reference does not count the image.</summary>
    public required RelationMatches? Matches { get; init; }

    public static List<EvaluatedImage> Join(
        Vocabulary vocabulary, IReadOnlyList<GroundTruthImage> groundTruths, IReadOnlyList<RawPrediction> predictions, EvaluationProtocol protocol)
    {
        var byId = new Dictionary<string, RawPrediction>(StringComparer.Ordinal);
        foreach (var prediction in predictions)
        {
            if (!byId.TryAdd(prediction.ImageId, prediction))
                throw new LabException($"{TrueGraph.At(prediction.Source)}Image {prediction.ImageId} has two predictions; wanted one an image. Remove one of them.");
            if (prediction.BoxScaleWidth == 0 || prediction.BoxScaleHeight == 0)
                throw new LabException($"{TrueGraph.At(prediction.Source)}The prediction of image {prediction.ImageId} has a box_scale of 0; wanted [1000, 1000] or the size in pixels of the image that the model saw.");
        }
        var images = new List<EvaluatedImage>(groundTruths.Count);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var annotations = 0;
        foreach (var image in groundTruths)
        {
            if (!seen.Add(image.ImageId)) throw new LabException($"{TrueGraph.At(image.Source)}The ground truth has image {image.ImageId} twice; wanted each once. Remove one of them.");
            var truth = TrueGraph.Make(image, vocabulary, annotations);
            annotations += truth.Labels.Length;
            var prediction = byId.TryGetValue(image.ImageId, out var raw) ? PredictedGraph.Make(raw, image, vocabulary, protocol) : null;
            images.Add(new EvaluatedImage
            {
                Truth = truth,
                Prediction = prediction,
                Found = PooledMatches.Compute(truth, prediction, vocabulary),
                Matches = prediction is null ? null : RelationMatches.Compute(truth, prediction, vocabulary, protocol),
            });
        }
        foreach (var prediction in predictions)
            if (!seen.Contains(prediction.ImageId))
                throw new LabException($"{TrueGraph.At(prediction.Source)}There is a prediction for image {prediction.ImageId}, which is not in the ground truth. Give the ground truth of the split that was predicted.");
        return images;
    }

    public IReadOnlyList<Detection> Detections(EvaluationProtocol protocol)
    {
        if (Prediction is null) return [];
        if (!Prediction.IsPlaceholder) return [.. Prediction.Objects.Select(o => new Detection(o.Label, o.Box, true))];
        return protocol.PlaceholderIsDetection ? [new Detection(0, default, false)] : [];
    }

    public double RecallAt(int k) => Share(Matches!.FirstRow, k);

    public double NoGraphRecallAt(int k) => Share(Matches!.FirstNoGraphRow, k);

    public ImageFigures Figures()
    {
        var hasRelations = Truth.Relations.Length > 0;
        var recall = Matches is null ? (AtK?)null : AtK.Of(RecallAt);
        return new ImageFigures(
            Truth.Image.ImageId,
            Prediction is not null,
            Prediction?.Parsed.Failure?.KindName,
            hasRelations ? Found.Count(f => f) / (double)Found.Length : null,
            recall,
            Matches is null ? null : AtK.Of(NoGraphRecallAt),
            hasRelations ? recall ?? default(AtK) : null)
        {
            Relations = [.. Truth.Relations.Select((r, i) => (r.Predicate, Matches?.FirstRow[i] ?? int.MaxValue))],
        };
    }

    private static double Share(int[] firstRows, int k) => firstRows.Count(row => row < k) / (double)firstRows.Length;
}
