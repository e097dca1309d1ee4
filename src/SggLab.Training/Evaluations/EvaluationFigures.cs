using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.SceneGraphs.Metrics;

namespace SggLab.Training.Evaluations;

/// <summary>The figures of one evaluation as records carry them. Recall is the mean of the images' recalls at IoU 0.5 (per_image), so that runs can be paired image by image.</summary>
internal sealed record EvaluationFigures(int Images, double FailureRate, RecallInterval Recall, double MeanRecall, double? Ap50,
    IReadOnlyDictionary<string, double> All, IReadOnlyDictionary<string, double> PerPredicate, IReadOnlyList<double?> PerImageRecall)
{
    public static EvaluationFigures Of(EvaluationReport report)
    {
        double?[] perImage = [.. report.Images.Select(image => image.PooledRecall)];
        var all = new Dictionary<string, double>
        {
            ["failure.rate_percent"] = report.Failure.RatePercent,
            ["pooled.recall"] = report.Pooled.Recall,
            ["pooled.mean_recall"] = report.Pooled.MeanRecallPrinted,
            ["per_image.recall"] = report.PerImage.Recall,
            ["per_image.mean_recall"] = report.PerImage.MeanRecallPrinted,
            ["coco.AP"] = report.Coco.Ap,
            ["coco.AP50"] = report.Coco.Ap50,
        };
        foreach (var k in AtK.Ks)
        {
            all[$"sgdet.R@{k}"] = report.Sgdet.Recall[k];
            all[$"sgdet.ngR@{k}"] = report.Sgdet.NoGraphRecall[k];
            all[$"sgdet.mR@{k}"] = report.Sgdet.MeanRecall[k];
            if (report.Sgdet.ZeroShot is { } zeroShot)
                all[$"sgdet.zR@{k}"] = zeroShot[k];
        }
        var perPredicate = report.Pooled.PerPredicate.Where(predicate => predicate.Relations > 0).ToDictionary(predicate => predicate.Predicate, predicate => predicate.Recall);
        return new EvaluationFigures(report.ImageCount, report.Failure.Failed / (double)Math.Max(1, report.Failure.Total), RecallInterval.Of(perImage),
            Number(report.PerImage.MeanRecallPrinted) ?? 0, Number(report.Coco.Ap50),
            all.Where(pair => double.IsFinite(pair.Value)).ToDictionary(), perPredicate, perImage);
    }

    public EvaluationRecord Record(RunSpec spec, string checkpoint, int step, string datasetHash, BlobFile predictions) =>
        new(checkpoint, step, spec.Protocol.Name, ContentHash.Of(spec.Protocol), spec.Protocol.Dataset, spec.Protocol.Split, datasetHash, Images, FailureRate,
            Recall.Mean, MeanRecall, Ap50, Recall.Low, Recall.High, All, PerPredicate, PerImageRecall, predictions);

    private static double? Number(double value) => double.IsFinite(value) ? value : null;
}
