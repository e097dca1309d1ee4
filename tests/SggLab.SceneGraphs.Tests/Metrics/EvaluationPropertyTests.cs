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

    private static readonly Gen<(SceneGraph, SceneGraph)> Pairs = Gen.Select(RewardSamples.Graphs, RewardSamples.Graphs);

    [Fact]
    public void Recall_lies_between_nothing_and_all_and_grows_with_K() =>
        Pairs.Array[3].Sample(images =>
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
            report.Coco.Ap.ShouldBeInRange(0, 1);
            report.Corrected.Coco.Ap.ShouldBeGreaterThanOrEqualTo(report.Coco.Ap - 1e-12);
        }, iter: 200);

    [Fact]
    public void Predicting_the_ground_truth_finds_all_of_it() =>
        RewardSamples.Graphs.Array[2].Sample(truths =>
        {
            var report = Evaluate([.. truths.Select(t => (t, t))]);
            report.Pooled.Recall.ShouldBe(1);
            report.Sgdet.Recall.At20.ShouldBe(1);
            report.Corrected.MeanRecall.At20.ShouldBe(1, 1e-12);
            report.Corrected.Coco.Ap50.ShouldBe(1, 1e-9);
        }, iter: 100);

    [Fact]
    public void The_order_of_images_does_not_matter_once_the_first_object_is_not_special() =>
        Pairs.Array[4].Sample(images =>
        {
            var (report, reversed) = (Evaluate(images), Evaluate([.. images.Reverse()]));
            reversed.Sgdet.Recall.At50.ShouldBe(report.Sgdet.Recall.At50, 1e-12);
            reversed.Sgdet.MeanRecall.At50.ShouldBe(report.Sgdet.MeanRecall.At50, 1e-12);
            reversed.Pooled.Recall.ShouldBe(report.Pooled.Recall, 1e-12);
            reversed.Corrected.Coco.Ar100.ShouldBe(report.Corrected.Coco.Ar100, 1e-12);
        }, iter: 100);
}
