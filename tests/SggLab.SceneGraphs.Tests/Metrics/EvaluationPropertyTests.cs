using CsCheck;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Metrics;
using SggLab.SceneGraphs.Tests.Rewards;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Tests.Metrics;

public sealed class EvaluationPropertyTests
{
    private static readonly Vocabulary Vocabulary = Vocabulary.Of("samples", ["man", "horse", "wall other merged", "traffic light", "tree"], ["on", "riding", "in front of", "holding"]);

    private static EvaluationReport Evaluate(params (SceneGraph Truth, SceneGraph Written)[] images) => SceneGraphEvaluator.Evaluate(
        Vocabulary,
        [.. images.Select((i, n) => new GroundTruthImage($"{n}", 1000, 1000, i.Truth with { Objects = [.. i.Truth.Objects.Select(o => o with { Box = o.Box.Scale(1000, 1000) })] }))],
        [.. images.Select((i, n) => new RawPrediction($"{n}", RewardSamples.Write(i.Written)))],
        EvaluationProtocol.Reference);

    [Fact]
    public void Recall_lies_between_nothing_and_all_and_grows_with_K()
    {
        const int tries = 200;
        var (between, growing) = (0, 0);
        RewardSamples.Attempts.Array[3].Sample(images =>
        {
            var report = Evaluate(images);
            foreach (var at in (AtK[])[report.Sgdet.Recall, report.Sgdet.NoGraphRecall, report.Sgdet.MeanRecall, report.Sgdet.NoGraphMeanRecall, report.Corrected.Recall, report.Corrected.MeanRecall])
            {
                at.At20.ShouldBeInRange(0, at.At50);
                at.At50.ShouldBeInRange(at.At20, at.At100);
                at.At100.ShouldBeInRange(0, 1);
            }
            report.Sgdet.NoGraphRecall.At100.ShouldBeGreaterThanOrEqualTo(report.Sgdet.Recall.At100);
            report.Corrected.Recall.At100.ShouldBeLessThanOrEqualTo(report.Sgdet.Recall.At100 + 1e-12);
            foreach (var share in (double[])[report.Pooled.Recall, report.Pooled.MeanRecallPrinted, report.PerImage.Recall, report.PerImage.MeanRecallPrinted, report.Coco.Ap, report.Coco.Ap50, report.Corrected.Coco.Ap])
                share.ShouldBeInRange(0, 1);
            report.Corrected.Coco.Ap.ShouldBeGreaterThanOrEqualTo(report.Coco.Ap - 1e-12);
            if (report.Sgdet.Recall.At50 is > 0 and < 1 && report.Pooled.Recall is > 0 and < 1 && report.Corrected.Coco.Ap is > 0 and < 1) Interlocked.Increment(ref between);
            if (report.Sgdet.Recall is { } r && r.At20 < r.At50 && r.At50 < r.At100) Interlocked.Increment(ref growing);
        }, iter: tries);
        between.ShouldBeGreaterThan(tries / 2);
        growing.ShouldBeGreaterThan(tries / 10);
    }

    [Fact]
    public void Predicting_the_ground_truth_finds_all_of_it() =>
        RewardSamples.Graphs.Array[2].Sample(truths =>
        {
            var report = Evaluate([.. truths.Select(t => (t, t))]);
            report.Failure.Failed.ShouldBe(0);
            foreach (var share in (double[])[report.Pooled.Recall, report.Pooled.MeanRecallPrinted, report.PerImage.Recall, report.PerImage.MeanRecallPrinted])
                share.ShouldBe(1);
            foreach (var at in (AtK[])[report.Sgdet.Recall, report.Sgdet.NoGraphRecall, report.Corrected.Recall, report.Corrected.MeanRecall])
                (at.At20, at.At50, at.At100).ShouldBe((1, 1, 1), Near);
            var predicates = truths.SelectMany(t => t.Relationships).Select(r => r.Predicate).Distinct().Count() / 4.0;
            (report.Sgdet.MeanRecall.At20, report.Sgdet.MeanRecall.At50, report.Sgdet.NoGraphMeanRecall.At100).ShouldBe((predicates, predicates, predicates), Near);
            foreach (var figure in (double[])[report.Corrected.Coco.Ap, report.Corrected.Coco.Ap50, report.Corrected.Coco.Ap75, report.Corrected.Coco.Ar100, report.Corrected.Coco.Ar50])
                figure.ShouldBe(1, 1e-9);
        }, iter: 100);

    private static readonly IEqualityComparer<(double, double, double)> Near = EqualityComparer<(double, double, double)>.Create(
        (a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) + Math.Abs(a.Item3 - b.Item3) < 1e-9);

    [Fact]
    public void Predicting_a_large_ground_truth_finds_at_least_the_first_K_of_it() =>
        RewardSamples.LargeGraphs.Sample(truth =>
        {
            var report = Evaluate((truth, truth));
            report.Pooled.Recall.ShouldBe(1);
            double Least(int k) => Math.Min(1, k / (double)truth.Relationships.Count) - 1e-12;
            report.Sgdet.Recall.At20.ShouldBeInRange(Least(20), 1);
            report.Sgdet.Recall.At50.ShouldBeInRange(Least(50), 1);
            report.Sgdet.Recall.At100.ShouldBeInRange(Least(100), 1);
        }, iter: 100);

    [Fact]
    public void The_order_of_images_does_not_matter_once_the_first_object_is_not_special() =>
        RewardSamples.Attempts.Array[4].Sample(images =>
        {
            var (report, reversed) = (Evaluate(images), Evaluate([.. images.Reverse()]));
            reversed.Sgdet.Recall.At50.ShouldBe(report.Sgdet.Recall.At50, 1e-12);
            reversed.Sgdet.MeanRecall.At50.ShouldBe(report.Sgdet.MeanRecall.At50, 1e-12);
            reversed.Pooled.Recall.ShouldBe(report.Pooled.Recall, 1e-12);
            reversed.Corrected.Coco.Ar100.ShouldBe(report.Corrected.Coco.Ar100, 1e-12);
        }, iter: 100);

    // COCO goes by the order of detections, since all scores are equal; R@K by that of the predicted relations.
    [Fact]
    public void The_order_of_objects_and_of_true_relations_does_not_matter_to_recall_nor_that_of_predicted_ones_to_what_has_no_K() =>
        Gen.Select(RewardSamples.Attempts.Array[2], Gen.Int[0, int.MaxValue]).Sample((images, seed) =>
        {
            var report = Evaluate(images);
            var turned = Evaluate([.. images.Select(i => (RewardSamples.Shuffle(i.Truth, seed), i.Written with { Objects = RewardSamples.Shuffle(i.Written, seed).Objects }))]);
            foreach (var (one, other) in Recalls(report).Zip(Recalls(turned))) (other.At20, other.At50, other.At100).ShouldBe((one.At20, one.At50, one.At100), Near);
            var shuffled = Evaluate([.. images.Select(i => (i.Truth, RewardSamples.Shuffle(i.Written, seed)))]);
            foreach (var other in (EvaluationReport[])[turned, shuffled])
            {
                other.Pooled.Recall.ShouldBe(report.Pooled.Recall, 1e-12);
                other.Pooled.MeanRecallPrinted.ShouldBe(report.Pooled.MeanRecallPrinted, 1e-12);
                other.PerImage.Recall.ShouldBe(report.PerImage.Recall, 1e-12);
                other.Failure.Failed.ShouldBe(report.Failure.Failed);
                other.ValidPredictions.ShouldBe(report.ValidPredictions);
            }
            if (images.All(i => i.Written.Relationships.Count <= 100)) shuffled.Sgdet.Recall.At100.ShouldBe(report.Sgdet.Recall.At100, 1e-12);
        }, iter: 100);

    private static AtK[] Recalls(EvaluationReport r) => [r.Sgdet.Recall, r.Sgdet.NoGraphRecall, r.Sgdet.MeanRecall, r.Sgdet.NoGraphMeanRecall, r.Corrected.Recall, r.Corrected.MeanRecall];
}
