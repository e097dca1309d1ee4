using System.Text.Json;
using SggLab.SceneGraphs.Metrics;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Tests.Metrics;

public sealed class EvaluationGoldenTests
{
    public static TheoryData<string> Sets => ["vg150", "psg", "vg150-missing", "vg150-nonfinite"];

    [Theory]
    [MemberData(nameof(Sets))]
    public void Every_figure_is_the_one_that_the_reference_gives(string set)
    {
        var report = Evaluate(set);
        var expected = JsonDocument.Parse(File.ReadAllText(Golden.PathOf($"sgg/{set}/metrics.json"))).RootElement;

        var failure = expected.GetProperty("failure");
        (report.Failure.Failed, report.Failure.Total).ShouldBe((failure.GetProperty("failed").GetInt32(), failure.GetProperty("total").GetInt32()));
        report.Failure.RatePercent.ShouldBe(failure.GetProperty("rate_percent").GetDouble());
        report.ValidPredictions.ShouldBe(expected.GetProperty("valid_predictions").GetInt32());
        ShouldBePooled(report, expected);
        ShouldBeSgdet(report.Sgdet, expected.GetProperty("sgdet"));
        ShouldBeCoco(report.Coco, expected.GetProperty("coco"));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Every_image_has_the_recall_that_the_reference_gives(string set)
    {
        var report = Evaluate(set);
        var lines = Golden.Lines($"sgg/{set}/per_image.jsonl").ToDictionary(l => l.GetProperty("image_id").GetString()!);
        foreach (var image in report.Images)
        {
            var line = lines[image.ImageId];
            var recall = line.GetProperty("recall");
            image.PooledRecall.ShouldBe(recall.ValueKind == JsonValueKind.Null ? null : recall.GetDouble(), image.ImageId);
            var sgdet = line.TryGetProperty("sgdet", out var value) && value.ValueKind == JsonValueKind.Object ? value : (JsonElement?)null;
            image.Recall.HasValue.ShouldBe(sgdet.HasValue, image.ImageId);
            if (sgdet is not { } expected) continue;
            ShouldBeAtK(image.Recall!.Value, expected.GetProperty("recall"));
            ShouldBeAtK(image.NoGraphRecall!.Value, expected.GetProperty("ng_recall"));
        }
    }

    private static EvaluationReport Evaluate(string set)
    {
        var vocabulary = KnownVocabularies.Find(set == "psg" ? "psg" : "vg150");
        var truths = Golden.Lines($"sgg/{set}/ground_truth.jsonl")
            .Select(l => new GroundTruthImage(l.GetProperty("image_id").GetString()!, l.GetProperty("width").GetInt32(), l.GetProperty("height").GetInt32(), l.Graph())).ToList();
        var predictions = Golden.Lines($"sgg/{set}/predictions.jsonl")
            .Select(l => new RawPrediction(l.GetProperty("image_id").GetString()!, l.GetProperty("response").GetRawText().Unquote(), l.BoxScale().Width, l.BoxScale().Height)).ToList();
        return SceneGraphEvaluator.Evaluate(vocabulary, truths, predictions, EvaluationProtocol.Reference);
    }

    private static void ShouldBePooled(EvaluationReport report, JsonElement expected)
    {
        var pooled = expected.GetProperty("pooled");
        report.Pooled.Relations.ShouldBe(pooled.GetProperty("relations").GetInt32());
        report.Pooled.Recall.ShouldBe(pooled.GetProperty("recall").GetDouble(), 1e-12);
        report.Pooled.MeanRecallPrinted.ShouldBe(pooled.GetProperty("mean_recall_printed").GetDouble(), 1e-12);
        report.Pooled.PerPredicate.Select(p => $"{p.Predicate} {p.Relations} {p.Recall:F10} {p.RecallRounded}").ShouldBe(pooled.GetProperty("per_predicate").EnumerateArray()
            .Select(p => $"{p.GetProperty("predicate")} {p.GetProperty("relations")} {p.GetProperty("recall").GetDouble():F10} {p.GetProperty("recall_rounded").GetDouble()}"));
        var perImage = expected.GetProperty("per_image");
        report.PerImage.Images.ShouldBe(perImage.GetProperty("images").GetInt32());
        report.PerImage.Recall.ShouldBe(perImage.GetProperty("recall").GetDouble(), 1e-12);
        report.PerImage.MeanRecallPrinted.ShouldBe(perImage.GetProperty("mean_recall_printed").GetDouble(), 1e-12);
        report.PerImage.PerPredicate.Select(p => $"{p.Predicate} {p.RecallRounded}").ShouldBe(perImage.GetProperty("per_predicate").EnumerateArray()
            .Select(p => $"{p.GetProperty("predicate")} {p.GetProperty("recall_rounded").GetDouble()}"));
    }

    private static void ShouldBeSgdet(SgdetFigures actual, JsonElement expected)
    {
        ShouldBeAtK(actual.Recall, expected.GetProperty("R"));
        ShouldBeAtK(actual.NoGraphRecall, expected.GetProperty("ngR"));
        ShouldBeAtK(actual.ZeroShot!.Value, expected.GetProperty("zR"));
        ShouldBeAtK(actual.NoGraphZeroShot!.Value, expected.GetProperty("ng_zR"));
        ShouldBeAtK(actual.MeanRecall, expected.GetProperty("mR"));
        ShouldBeAtK(actual.NoGraphMeanRecall, expected.GetProperty("ng_mR"));
        actual.ImagesCounted.ShouldBe(expected.GetProperty("images_counted").GetInt32());
        actual.ZeroShotImagesCounted.ShouldBe(expected.GetProperty("zeroshot_images_counted").GetInt32());
        var rows = expected.GetProperty("per_predicate").EnumerateArray().ToList();
        actual.PerPredicate.Count.ShouldBe(rows.Count);
        foreach (var (row, one) in rows.Zip(actual.PerPredicate))
        {
            one.Predicate.ShouldBe(row.GetProperty("predicate").GetString());
            one.Images.ShouldBe(row.GetProperty("images").GetInt32());
            ShouldBeAtK(one.MeanRecall, row.GetProperty("mR"));
            ShouldBeAtK(one.NoGraphMeanRecall, row.GetProperty("ng_mR"));
        }
    }

    private static void ShouldBeCoco(CocoFigures actual, JsonElement expected)
    {
        var figures = new Dictionary<string, double>
        {
            ["AP"] = actual.Ap, ["AP50"] = actual.Ap50, ["AP75"] = actual.Ap75, ["AP_small"] = actual.ApSmall, ["AP_medium"] = actual.ApMedium, ["AP_large"] = actual.ApLarge,
            ["AR1"] = actual.Ar1, ["AR10"] = actual.Ar10, ["AR100"] = actual.Ar100, ["AR_small"] = actual.ArSmall, ["AR_medium"] = actual.ArMedium, ["AR_large"] = actual.ArLarge, ["AR50"] = actual.Ar50,
        };
        foreach (var (name, value) in figures) value.ShouldBe(expected.GetProperty(name).GetDouble(), 1e-9, name);
        var rows = expected.GetProperty("per_class").EnumerateArray().ToList();
        actual.PerClass.Select(c => c.Name).ShouldBe(rows.Select(r => r.GetProperty("name").GetString()!));
        foreach (var (row, one) in rows.Zip(actual.PerClass))
        {
            one.Id.ShouldBe(row.GetProperty("id").GetInt32());
            ShouldBeOptional(one.Ap, row.GetProperty("ap"), one.Name);
            ShouldBeOptional(one.Ap50, row.GetProperty("ap50"), one.Name);
            ShouldBeOptional(one.Recall50, row.GetProperty("recall50"), one.Name);
            one.TruthsOverAreas.ShouldBe(row.GetProperty("gts_counted_over_4_areas").GetInt32(), one.Name);
            one.Detections50OverAreas.ShouldBe(row.GetProperty("dts50_counted_over_4_areas").GetInt32(), one.Name);
        }
    }

    private static void ShouldBeOptional(double? actual, JsonElement expected, string name)
    {
        if (expected.ValueKind == JsonValueKind.Null) actual.ShouldBeNull(name);
        else actual!.Value.ShouldBe(expected.GetDouble(), 1e-9, name);
    }

    private static void ShouldBeAtK(AtK actual, JsonElement expected)
    {
        foreach (var k in AtK.Ks) actual[k].ShouldBe(expected.GetProperty($"{k}").GetDouble(), 1e-12);
    }
}
