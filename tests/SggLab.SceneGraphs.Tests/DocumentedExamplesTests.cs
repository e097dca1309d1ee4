using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Metrics;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;
using SggLab.SceneGraphs.Tests.Rewards;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Tests;

/// <summary>The worked examples of docs/rewards.md and docs/metrics.md.</summary>
public sealed class DocumentedExamplesTests
{
    private static readonly SceneGraph Truth = new([new("man.1", new(0, 0, 0.4, 0.4)), new("horse.2", new(0.5, 0.5, 0.9, 0.9))], [new("man.1", "riding", "horse.2")]);

    private static IReadOnlyDictionary<string, double> Parts(SceneGraph written, ICategorySimilarity? similarity = null) =>
        RewardScorer.Create(RewardVariants.ReferenceSix, similarity ?? new ExactSimilarity()).Score(RewardSamples.Write(written), Truth, 1000, 1000).Parts;

    private static SceneGraph Horse(string id, Box box) => Truth with { Objects = [Truth.Objects[0], new(id, box)] };

    [Fact]
    public void Node_category_of_a_cow_for_the_horse() => Parts(Horse("cow.2", new(0.5, 0.5, 0.9, 0.9)))["node_category"].ShouldBe(1, 1e-9);

    [Fact]
    public void Node_box_of_a_horse_cut_short() => Parts(Horse("horse.2", new(0.5, 0.5, 0.9, 0.8)))["node_box"].ShouldBe(1.8606, 1e-4);

    [Fact]
    public void Edge_hard_of_the_exact_answer_and_of_a_box_below_the_threshold()
    {
        Parts(Truth)["edge_hard"].ShouldBe(5);
        Parts(Horse("horse.2", new(0.5, 0.5, 0.9, 0.65)))["edge_hard"].ShouldBe(0);
    }

    [Fact]
    public void Edge_soft_and_relaxed_of_another_predicate()
    {
        var written = Truth with { Relationships = [new("man.1", "on", "horse.2")] };
        Parts(written)["edge_soft"].ShouldBe(0);
        SpacySmSimilarity.Shared.TryCompare("riding", "on", out var similarity).ShouldBeTrue();
        var parts = Parts(written, SpacySmSimilarity.Shared);
        (5 * similarity).ShouldBe(0.606, 5e-4);
        parts["edge_soft"].ShouldBe(5 * similarity, 1e-9);
        parts["edge_hard_relax"].ShouldBe(5 * similarity, 1e-9);
    }

    [Fact]
    public void The_similarities_that_the_page_names()
    {
        foreach (var (a, b, expected) in new[] { ("man", "person", 0.81), ("man", "dog", 0.81), ("on", "above", 0.66) })
        {
            SpacySmSimilarity.Shared.TryCompare(a, b, out var similarity).ShouldBeTrue();
            similarity.ShouldBe(expected, 0.005);
        }
    }

    [Fact]
    public void The_three_images_of_the_metrics_page()
    {
        static GroundTruthImage Image(string id, SceneGraph graph) => new(id, 1000, 1000, graph);
        SceneObject man = new("man.1", new(0, 0, 400, 400)), horse = new("horse.2", new(500, 500, 900, 900)), street = new("street.3", new(0, 600, 400, 900));
        var truths = new[]
        {
            Image("A", new([man, horse, street], [new("man.1", "riding", "horse.2"), new("horse.2", "on", "street.3")])),
            Image("B", new([man, new("street.2", horse.Box)], [new("man.1", "on", "street.2")])),
            Image("C", new([man, new("tree.2", horse.Box)], [new("man.1", "near", "tree.2")])),
        };
        var predictions = new[]
        {
            new RawPrediction("A", """{"objects": [{"id": "man.1", "bbox": [0, 0, 400, 400]}, {"id": "horse.2", "bbox": [500, 500, 900, 900]}], "relationships": [{"subject": "man.1", "predicate": "riding", "object": "horse.2"}]}"""),
            new RawPrediction("B", "A man on a street."),
            new RawPrediction("C", """{"objects": [{"id": "man.1", "bbox": [0, 0, 400, 400]}, {"id": "tree.2", "bbox": [500, 500, 900, 900]}], "relationships": []}"""),
        };
        EvaluationReport Evaluate() => SceneGraphEvaluator.Evaluate(KnownVocabularies.Vg150, truths, predictions, EvaluationProtocol.Reference);
        var report = Evaluate();
        report.Failure.RatePercent.ShouldBe(33.3333);
        report.ValidPredictions.ShouldBe(2);
        report.Pooled.Recall.ShouldBe(1 / 4.0);
        report.Pooled.MeanRecallPrinted.ShouldBe(1 / 3.0, 1e-12);
        report.PerImage.Recall.ShouldBe(1 / 6.0, 1e-12);
        report.Sgdet.Recall.At50.ShouldBe(1 / 4.0);
        report.Sgdet.MeanRecall.At50.ShouldBe(1 / 50.0, 1e-12);
        report.Sgdet.NoGraphRecall.At50.ShouldBe(1 / 4.0);
        report.Sgdet.ZeroShot!.Value.At50.ShouldBe(double.NaN);
        report.Coco.Ap50.ShouldBe(0.5421, 5e-5);
        report.Corrected.Recall.At50.ShouldBe(1 / 6.0, 1e-12);
        report.Corrected.MeanRecall.At50.ShouldBe(1 / 3.0, 1e-12);
        report.Corrected.Coco.Ap50.ShouldBe(0.6658, 5e-5);

        predictions[0] = predictions[0] with { Response = predictions[0].Response.Replace("riding", "on", StringComparison.Ordinal) };
        Evaluate().Sgdet.Recall.At50.ShouldBe(0);
        Evaluate().Sgdet.NoGraphRecall.At50.ShouldBe(1 / 4.0);
    }
}
