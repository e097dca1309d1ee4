using SggLab.Contracts;
using SggLab.SceneGraphs.Metrics;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Tests.Metrics;

public sealed class BootstrapTests
{
    private static readonly Vocabulary Shapes = Vocabulary.Of("shapes", ["cube", "ball"], ["on", "under"]);

    private static EvaluationReport Report(Func<int, bool> isFound, int images = 40) => SceneGraphEvaluator.Evaluate(
        Shapes,
        [.. Enumerable.Range(0, images).Select(i => new GroundTruthImage($"{i}", 100, 100, new([new("cube.1", new(0, 0, 40, 40)), new("ball.2", new(50, 50, 90, 90))], [new("cube.1", i % 4 == 0 ? "under" : "on", "ball.2")])))],
        [.. Enumerable.Range(0, images).Select(i => new RawPrediction($"{i}", Response(i, isFound(i))))],
        EvaluationProtocol.Reference);

    private static string Response(int i, bool isFound) =>
        $$"""{"objects": [{"id": "cube.1", "bbox": [0, 0, 400, 400]}, {"id": "ball.2", "bbox": [500, 500, 900, 900]}], "relationships": [{"subject": "cube.1", "predicate": "{{(isFound == (i % 4 == 0) ? "under" : "on")}}", "object": "ball.2"}]}""";

    [Fact]
    public void The_value_of_each_metric_is_the_one_of_the_report()
    {
        var report = Report(i => i % 3 == 0);
        var values = Bootstrap.Intervals(report, samples: 100).ToDictionary(i => i.Metric, i => i.Value);
        values["failure_rate"].ShouldBe(0);
        values["pooled_recall"].ShouldBe(report.Pooled.Recall, 1e-12);
        foreach (var k in AtK.Ks)
        {
            values[$"R@{k}"].ShouldBe(report.Sgdet.Recall[k], 1e-12);
            values[$"mR@{k}"].ShouldBe(report.Sgdet.MeanRecall[k], 1e-12);
            values[$"corrected_R@{k}"].ShouldBe(report.Corrected.Recall[k], 1e-12);
            values[$"corrected_mR@{k}"].ShouldBe(report.Corrected.MeanRecall[k], 1e-12);
        }
    }

    [Theory]
    [InlineData(19, 1, 1)]
    [InlineData(20, 0, 1)]
    [InlineData(50, 0, 0)]
    public void Resampled_figures_look_at_the_first_K_relations_too(int before, double at20, double at50)
    {
        const string wrong = """{"subject": "ball.2", "predicate": "on", "object": "cube.1"}, """;
        var response = Response(1, true).Replace("\"relationships\": [", "\"relationships\": [" + string.Concat(Enumerable.Repeat(wrong, before)), StringComparison.Ordinal);
        var truth = new GroundTruthImage("1", 100, 100, new([new("cube.1", new(0, 0, 40, 40)), new("ball.2", new(50, 50, 90, 90))], [new("cube.1", "on", "ball.2")]));
        var values = Bootstrap.Intervals(SceneGraphEvaluator.Evaluate(Shapes, [truth], [new("1", response)], EvaluationProtocol.Reference), samples: 5).ToDictionary(i => i.Metric, i => i.Value);
        foreach (var (k, found) in new[] { (20, at20), (50, at50) })
        {
            values[$"R@{k}"].ShouldBe(found);
            values[$"mR@{k}"].ShouldBe(found / 2, 1e-12, "the other predicate counts as 0");
            values[$"corrected_R@{k}"].ShouldBe(found);
            values[$"corrected_mR@{k}"].ShouldBe(found);
        }
    }

    [Fact]
    public void The_golden_figures_come_out_too()
    {
        var truths = Golden.Lines("sgg/vg150/ground_truth.jsonl").Select(l => new GroundTruthImage(l.GetProperty("image_id").GetString()!, l.GetProperty("width").GetInt32(), l.GetProperty("height").GetInt32(), l.Graph())).ToList();
        var predictions = Golden.Lines("sgg/vg150/predictions.jsonl").Select(l => new RawPrediction(l.GetProperty("image_id").GetString()!, l.GetProperty("response").GetRawText().Unquote(), l.BoxScale().Width, l.BoxScale().Height)).ToList();
        var report = SceneGraphEvaluator.Evaluate(KnownVocabularies.Vg150, truths, predictions, EvaluationProtocol.Reference);
        var values = Bootstrap.Intervals(report, samples: 200).ToDictionary(i => i.Metric);
        values["mR@50"].Value.ShouldBe(report.Sgdet.MeanRecall.At50, 1e-12);
        values["corrected_mR@50"].Value.ShouldBe(report.Corrected.MeanRecall.At50, 1e-12);
        values["failure_rate"].Value.ShouldBe(1 / 3.0, 1e-12);
        foreach (var interval in values.Values) interval.Value.ShouldBeInRange(interval.Low - 0.15, interval.High + 0.15);
    }

    [Fact]
    public void An_interval_holds_the_share_and_is_about_as_wide_as_the_binomial_says()
    {
        var interval = Bootstrap.Intervals(Report(i => i % 2 == 0, 400), [ResampledMetric.Find("R@50")]).Single();
        interval.Value.ShouldBe(0.5);
        interval.Low.ShouldBe(0.5 - 1.96 * 0.025, 0.01);
        interval.High.ShouldBe(0.5 + 1.96 * 0.025, 0.01);
    }

    [Fact]
    public void The_same_seed_gives_the_same_interval_and_another_seed_another()
    {
        var report = Report(i => i % 3 == 0);
        var metric = ResampledMetric.Find("R@20");
        Bootstrap.Intervals(report, [metric], seed: 1).ShouldBe(Bootstrap.Intervals(report, [metric], seed: 1));
        Bootstrap.Intervals(report, [metric], samples: 150, seed: 1).ShouldNotBe(Bootstrap.Intervals(report, [metric], samples: 150, seed: 2));
    }

    [Fact]
    public void Without_settings_2000_draws_are_made_from_the_seed_42()
    {
        var report = Report(i => i % 3 == 0);
        Bootstrap.Intervals(report).ShouldBe(Bootstrap.Intervals(report, samples: 2000, seed: 42));
        Bootstrap.Compare(report, Report(_ => true)).ShouldBe(Bootstrap.Compare(report, Report(_ => true), samples: 2000, seed: 42));
    }

    [Fact]
    public void A_set_is_no_better_than_itself()
    {
        var report = Report(i => i % 3 == 0);
        foreach (var row in Bootstrap.Compare(report, report, samples: 200)) (row.Difference, row.Low, row.High, row.PValue).ShouldBe((0, 0, 0, 1), row.Metric);
    }

    [Fact]
    public void A_set_that_finds_more_in_most_images_is_significantly_better()
    {
        var row = Bootstrap.Compare(Report(i => i % 4 == 1), Report(i => i % 4 != 0), [ResampledMetric.Find("R@50")]).Single();
        row.Difference.ShouldBe(0.5);
        row.Low.ShouldBeGreaterThan(0.25);
        row.PValue.ShouldBeLessThan(0.01);
    }

    [Fact]
    public void A_p_value_adds_one_to_both_counts_so_that_no_number_of_draws_is_certainty()
    {
        var row = Bootstrap.Compare(Report(_ => false), Report(_ => true), [ResampledMetric.Find("R@50")], samples: 99).Single();
        (row.A, row.B, row.Difference, row.Low, row.High).ShouldBe((0, 1, 1, 1, 1));
        row.PValue.ShouldBe(2 * 1 / 100.0, 1e-15);
        Bootstrap.Compare(Report(_ => true), Report(_ => false), [ResampledMetric.Find("R@50")], samples: 99).Single().PValue.ShouldBe(2 * 1 / 100.0, 1e-15);
    }

    [Fact]
    public void The_ends_of_an_interval_are_read_between_draws()
    {
        // One of two images found: a draw gives 0, 1/2 or 1 with chances 1/4, 1/2, 1/4; with three draws the ends lie 5% inwards of the outer ones.
        var report = Report(i => i == 0, 2);
        var ends = Enumerable.Range(1, 60).Select(seed => Bootstrap.Intervals(report, [ResampledMetric.Find("R@20")], samples: 3, seed: seed).Single()).Select(i => (i.Low, i.High)).Distinct().ToList();
        ends.ShouldContain(e => Math.Abs(e.Low - 0.025) < 1e-12 && Math.Abs(e.High - 0.975) < 1e-12, "draws of 0, 1/2 and 1");
        ends.ShouldContain(e => e.Low == 0 && Math.Abs(e.High - 0.475) < 1e-12, "draws of 0, 0 and 1/2");
    }

    [Fact]
    public void A_single_draw_is_its_own_interval()
    {
        foreach (var seed in Enumerable.Range(1, 5))
        {
            var interval = Bootstrap.Intervals(Report(i => i % 2 == 0, 4), [ResampledMetric.Find("R@20")], samples: 1, seed: seed).Single();
            interval.High.ShouldBe(interval.Low);
            interval.Low.ShouldBeInRange(0, 1);
        }
    }

    [Fact]
    public void Where_nothing_is_counted_there_is_no_figure()
    {
        var report = SceneGraphEvaluator.Evaluate(Shapes, [new("a", 100, 100, new([new("cube.1", new(0, 0, 40, 40))], []))], [], EvaluationProtocol.Reference);
        foreach (var interval in Bootstrap.Intervals(report, samples: 5)) (interval.Value, interval.Low, interval.High).ShouldBe(interval.Metric.StartsWith("mR", StringComparison.Ordinal) ? (0, 0, 0) : (double.NaN, double.NaN, double.NaN), interval.Metric);
    }

    [Fact]
    public void Sets_over_other_images_are_not_compared() =>
        Should.Throw<LabException>(() => Bootstrap.Compare(Report(_ => true, 3), Report(_ => true, 4))).Message.ShouldContain("different images (3 and 4)");

    [Fact]
    public void An_unknown_metric_is_told_what_there_is() =>
        Should.Throw<LabException>(() => ResampledMetric.Find("AP")).Message.ShouldContain("R@50");
}
