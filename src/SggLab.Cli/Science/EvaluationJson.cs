using SggLab.SceneGraphs.Metrics;

namespace SggLab.Cli.Science;

/// <summary>An evaluation with the names and nesting of the reference's figures, the corrected ones and the images beside them.</summary>
internal static class EvaluationJson
{
    public static JsonLine Of(EvaluationReport report)
    {
        var line = new JsonLine().Open('{').Field("dataset", report.Vocabulary).Field("protocol", report.Protocol);
        line.Field("images", report.ImageCount).Field("predictions", report.PredictionCount);
        Failure(line, report.Failure);
        line.Field("valid_predictions", report.ValidPredictions);
        Pooled(line, report.Pooled);
        PerImage(line, report.PerImage);
        Sgdet(line, report.Sgdet);
        line.Key("coco");
        Coco(line, report.Coco);
        Corrected(line, report.Corrected);
        Intervals(line, Bootstrap.Intervals(report));
        line.Field("non_finite_boxes", report.NonFiniteBoxes);
        line.List("image_figures", report.Images, Image);
        return line.Close('}');
    }

    // As `eval compare` writes its own.
    private static void Intervals(JsonLine line, IReadOnlyList<BootstrapInterval> intervals) => line.Key("intervals").Open('{')
        .Field("samples", Bootstrap.DefaultSamples).Field("seed", Bootstrap.DefaultSeed)
        .List("metrics", intervals, (l, i) => l.Open('{').Field("metric", i.Metric).Field("value", i.Value).Field("low", i.Low).Field("high", i.High).Close('}'))
        .Close('}');

    private static void Failure(JsonLine line, FailureFigures failure)
    {
        line.Key("failure").Open('{').Field("failed", failure.Failed).Field("total", failure.Total).Field("rate_percent", failure.RatePercent);
        line.Key("by_kind").Open('{');
        foreach (var (kind, count) in failure.ByKind) line.Field(kind, count);
        line.Close('}').Close('}');
    }

    private static void Pooled(JsonLine line, PooledFigures pooled) => line.Key("pooled").Open('{')
        .Field("relations", pooled.Relations)
        .Field("recall", pooled.Recall)
        .Field("mean_recall_printed", pooled.MeanRecallPrinted)
        .Field("predicates_seen", pooled.PerPredicate.Count)
        .List("per_predicate", pooled.PerPredicate, (l, p) =>
            l.Open('{').Field("predicate", p.Predicate).Field("relations", p.Relations).Field("recall", p.Recall).Field("recall_rounded", p.RecallRounded).Close('}'))
        .Close('}');

    private static void PerImage(JsonLine line, PerImageFigures perImage) => line.Key("per_image").Open('{')
        .Field("images", perImage.Images)
        .Field("recall", perImage.Recall)
        .Field("mean_recall_printed", perImage.MeanRecallPrinted)
        .List("per_predicate", perImage.PerPredicate, (l, p) => l.Open('{').Field("predicate", p.Predicate).Field("recall_rounded", p.RecallRounded).Close('}'))
        .Close('}');

    private static void Sgdet(JsonLine line, SgdetFigures sgdet)
    {
        line.Key("sgdet").Open('{');
        At(line, "R", sgdet.Recall);
        At(line, "ngR", sgdet.NoGraphRecall);
        At(line, "zR", sgdet.ZeroShot);
        At(line, "ng_zR", sgdet.NoGraphZeroShot);
        At(line, "mR", sgdet.MeanRecall);
        At(line, "ng_mR", sgdet.NoGraphMeanRecall);
        line.Field("images_counted", sgdet.ImagesCounted).Field("zeroshot_images_counted", sgdet.ZeroShotImagesCounted);
        line.List("per_predicate", sgdet.PerPredicate, (l, p) =>
        {
            l.Open('{').Field("predicate", p.Predicate).Field("images", p.Images);
            At(l, "mR", p.MeanRecall);
            At(l, "ng_mR", p.NoGraphMeanRecall);
            l.Close('}');
        });
        line.Close('}');
    }

    private static void Coco(JsonLine line, CocoFigures coco) => line.Open('{')
        .Field("AP", coco.Ap).Field("AP50", coco.Ap50).Field("AP75", coco.Ap75)
        .Field("AP_small", coco.ApSmall).Field("AP_medium", coco.ApMedium).Field("AP_large", coco.ApLarge)
        .Field("AR1", coco.Ar1).Field("AR10", coco.Ar10).Field("AR100", coco.Ar100)
        .Field("AR_small", coco.ArSmall).Field("AR_medium", coco.ArMedium).Field("AR_large", coco.ArLarge)
        .Field("AR50", coco.Ar50)
        .List("per_class", coco.PerClass, (l, c) => l.Open('{')
            .Field("id", c.Id).Field("name", c.Name).Field("ap", c.Ap).Field("ap50", c.Ap50).Field("recall50", c.Recall50)
            .Field("gts_counted_over_4_areas", c.TruthsOverAreas).Field("dts50_counted_over_4_areas", c.Detections50OverAreas).Close('}'))
        .Close('}');

    private static void Corrected(JsonLine line, CorrectedFigures corrected)
    {
        line.Key("corrected").Open('{').Field("images_counted", corrected.ImagesCounted);
        At(line, "R", corrected.Recall);
        line.Field("predicates_counted", corrected.PredicatesCounted);
        At(line, "mR", corrected.MeanRecall);
        line.Key("coco");
        Coco(line, corrected.Coco);
        line.Close('}');
    }

    private static void Image(JsonLine line, ImageFigures image)
    {
        line.Open('{').Field("image_id", image.ImageId).Field("predicted", image.HasPrediction).Field("failure", image.Failure).Field("pooled_recall", image.PooledRecall);
        At(line, "R", image.Recall);
        At(line, "ngR", image.NoGraphRecall);
        At(line, "corrected_R", image.CorrectedRecall);
        line.Close('}');
    }

    private static void At(JsonLine line, string name, AtK? figure)
    {
        line.Key(name);
        if (figure is not { } at) line.Value((string?)null);
        else line.Open('{').Field("20", at.At20).Field("50", at.At50).Field("100", at.At100).Close('}');
    }
}
