using SggLab.Contracts;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Metrics;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Tests.Metrics;

public sealed class EvaluationBehaviourTests
{
    private static readonly Vocabulary Shapes = Vocabulary.Of("shapes", ["cube", "ball"], ["left of", "on"]);

    private static readonly GroundTruthImage Image = new("a", 100, 100, new(
        [new("cube.1", new(0, 0, 40, 40)), new("ball.2", new(50, 50, 90, 90))],
        [new("cube.1", "left of", "ball.2"), new("ball.2", "on", "cube.1")]));

    private const string Perfect = """{"objects": [{"id": "cube.1", "bbox": [0, 0, 400, 400]}, {"id": "ball.2", "bbox": [500, 500, 900, 900]}], "relationships": [{"subject": "cube.1", "predicate": "left of", "object": "ball.2"}, {"subject": "ball.2", "predicate": "on", "object": "cube.1"}]}""";

    private static EvaluationReport Evaluate(string response, EvaluationProtocol? protocol = null, GroundTruthImage? truth = null) =>
        SceneGraphEvaluator.Evaluate(Shapes, [truth ?? Image], [new("a", response)], protocol ?? EvaluationProtocol.Reference);

    [Fact]
    public void A_perfect_answer_finds_everything()
    {
        var report = Evaluate(Perfect);
        report.Failure.RatePercent.ShouldBe(0);
        report.Pooled.Recall.ShouldBe(1);
        report.Sgdet.Recall.ShouldBe(new AtK(1, 1, 1));
        report.Sgdet.MeanRecall.ShouldBe(new AtK(1, 1, 1));
        report.Sgdet.ZeroShot.ShouldBeNull();
        report.Corrected.Coco.Ap.ShouldBe(1, 1e-12);
    }

    [Fact]
    public void Names_of_ones_own_vocabulary_match_however_they_are_written()
    {
        var own = Vocabulary.Of("own", ["Tall-Cube", "ball_Game"], ["Left-Of", "on"]);
        var truth = new GroundTruthImage("a", 100, 100, new(
            [new("Tall-Cube.1", new(0, 0, 40, 40)), new("ball_Game.2", new(50, 50, 90, 90))],
            [new("Tall-Cube.1", "Left-Of", "ball_Game.2"), new("ball_Game.2", "on", "Tall-Cube.1")]));
        var response = Perfect.Replace("cube", "Tall-Cube", StringComparison.Ordinal).Replace("\"ball", "\"ball_Game", StringComparison.Ordinal).Replace("left of", "Left-Of", StringComparison.Ordinal);
        var report = SceneGraphEvaluator.Evaluate(own, [truth], [new("a", response)], EvaluationProtocol.Reference);
        report.Pooled.Recall.ShouldBe(1);
        report.Sgdet.Recall.ShouldBe(new AtK(1, 1, 1));
        report.Sgdet.MeanRecall.ShouldBe(new AtK(1, 1, 1));
        report.Corrected.Coco.Ap.ShouldBe(1, 1e-12);
    }

    [Fact]
    public void The_first_object_of_a_data_set_is_lost_to_the_published_AP_and_found_by_the_corrected_one()
    {
        var report = Evaluate(Perfect);
        report.Coco.Ap50.ShouldBe(0.5, 1e-12);
        report.Corrected.Coco.Ap50.ShouldBe(1, 1e-12);
    }

    [Fact]
    public void Names_outside_a_vocabulary_of_ones_own_are_dropped_not_mapped()
    {
        var report = Evaluate(Perfect.Replace("cube", "box", StringComparison.Ordinal));
        report.ValidPredictions.ShouldBe(1);
        report.Pooled.Recall.ShouldBe(0);
        Evaluate(Perfect.Replace("left of", "beside", StringComparison.Ordinal)).Pooled.Recall.ShouldBe(0.5);
    }

    [Fact]
    public void An_answer_of_unknown_names_only_is_a_failed_image()
    {
        var report = Evaluate(Perfect.Replace("cube", "box", StringComparison.Ordinal).Replace("ball", "globe", StringComparison.Ordinal));
        report.ValidPredictions.ShouldBe(0);
        report.Failure.Failed.ShouldBe(0, "it is well-formed");
        report.Sgdet.ImagesCounted.ShouldBe(1, "as any failed image");
        report.Sgdet.Recall.At100.ShouldBe(0);
    }

    [Fact]
    public void A_relation_of_an_unknown_object_takes_no_place_among_the_first_K()
    {
        var unknown = string.Join(", ", Enumerable.Repeat("""{"subject": "cube.1", "predicate": "on", "object": "globe.3"}""", 20));
        var answer = Perfect.Replace("\"relationships\": [", "\"relationships\": [" + unknown + ", ", StringComparison.Ordinal)
            .Replace("\"objects\": [", "\"objects\": [{\"id\": \"globe.3\", \"bbox\": [500, 500, 900, 900]}, ", StringComparison.Ordinal);
        Evaluate(answer).Sgdet.Recall.At20.ShouldBe(1);
    }

    [Fact]
    public void Names_are_compared_without_case_dashes_and_underscores() =>
        Evaluate(Perfect.Replace("left of", "Left_of", StringComparison.Ordinal).Replace("cube", "CUBE", StringComparison.Ordinal)).Pooled.Recall.ShouldBe(1);

    [Fact]
    public void An_image_without_a_usable_relation_is_left_out_by_the_reference_and_counted_by_the_corrected_figures()
    {
        var second = Image with { ImageId = "b" };
        const string nothing = """{"objects": [{"id": "cube.1", "bbox": [0, 0, 400, 400]}], "relationships": []}""";
        var report = SceneGraphEvaluator.Evaluate(Shapes, [Image, second], [new("a", Perfect), new("b", nothing)], EvaluationProtocol.Reference);
        report.Sgdet.ImagesCounted.ShouldBe(1);
        report.Sgdet.Recall.At50.ShouldBe(1);
        report.Corrected.ImagesCounted.ShouldBe(2);
        report.Corrected.Recall.At50.ShouldBe(0.5);
        report.Corrected.MeanRecall.At50.ShouldBe(0.5);
        report.Images[1].Recall.ShouldBeNull();
        report.Images[1].CorrectedRecall.ShouldBe(new AtK(0, 0, 0));
    }

    [Fact]
    public void A_failed_image_counts_as_nothing_found()
    {
        var report = Evaluate("I see a cube.");
        report.Failure.ByKind.ShouldBe([new KeyValuePair<string, int>("json", 1)]);
        report.Failure.RatePercent.ShouldBe(100);
        report.Sgdet.ImagesCounted.ShouldBe(1);
        report.Sgdet.Recall.At100.ShouldBe(0);
        report.Images[0].Failure.ShouldBe("json");
    }

    [Fact]
    public void An_image_without_a_prediction_is_a_miss_only_in_the_pooled_and_corrected_figures()
    {
        var report = SceneGraphEvaluator.Evaluate(Shapes, [Image, Image with { ImageId = "b" }], [new("a", Perfect)], EvaluationProtocol.Reference);
        report.Failure.Total.ShouldBe(1);
        report.Sgdet.Recall.At20.ShouldBe(1);
        report.Pooled.Recall.ShouldBe(0.5);
        report.Corrected.Recall.At20.ShouldBe(0.5);
        report.Corrected.Coco.Ar100.ShouldBe(0.5, 1e-12);
    }

    [Fact]
    public void A_wrong_predicate_scores_without_graph_constraint_only_under_the_reference_protocol()
    {
        var wrong = Perfect.Replace("left of", "on", StringComparison.Ordinal);
        Evaluate(wrong).Sgdet.NoGraphRecall.At50.ShouldBe(1);
        Evaluate(wrong, EvaluationProtocol.Sound).Sgdet.NoGraphRecall.At50.ShouldBe(0.5);
        Evaluate(wrong).Sgdet.Recall.At50.ShouldBe(0.5);
    }

    [Fact]
    public void Boxes_that_are_not_finite_are_dropped_and_counted_by_the_sound_protocol()
    {
        var broken = Perfect.Replace("[0, 0, 400, 400]", "[0, 0, NaN, 400]", StringComparison.Ordinal);
        Evaluate(broken).NonFiniteBoxes.ShouldBe(0);
        Evaluate(broken, EvaluationProtocol.Sound).NonFiniteBoxes.ShouldBe(1);
    }

    [Fact]
    public void Only_the_first_K_relations_count_at_K()
    {
        var relations = string.Join(", ", Enumerable.Repeat("""{"subject": "cube.1", "predicate": "on", "object": "ball.2"}""", 20));
        var late = Perfect.Replace("\"relationships\": [", "\"relationships\": [" + relations + ", ", StringComparison.Ordinal);
        var recall = Evaluate(late).Sgdet.Recall;
        recall.At20.ShouldBe(0);
        recall.At50.ShouldBe(1);
    }

    [Fact]
    public void Wrong_inputs_are_told_with_image_value_and_remedy()
    {
        Message(() => SceneGraphEvaluator.Evaluate(Shapes, [Image], [new("b", Perfect)], EvaluationProtocol.Reference))
            .ShouldBe("There is a prediction for image b, which is not in the ground truth. Give the ground truth of the split that was predicted.");
        Message(() => SceneGraphEvaluator.Evaluate(Shapes, [Image], [new("a", Perfect), new("a", Perfect)], EvaluationProtocol.Reference))
            .ShouldBe("Image a has two predictions; wanted one an image. Remove one of them.");
        Message(() => SceneGraphEvaluator.Evaluate(Shapes, [Image, Image], [], EvaluationProtocol.Reference))
            .ShouldBe("The ground truth has image a twice; wanted each once. Remove one of them.");
        Message(() => SceneGraphEvaluator.Evaluate(Shapes, [Image], [new("a", Perfect, 0, 1000)], EvaluationProtocol.Reference)).ShouldContain("box_scale of 0");
        Message(() => Evaluate(Perfect, null, Image with { Graph = new([new("pyramid.1", default)], []) }))
            .ShouldStartWith("Ground truth of image a: object 1 (\"pyramid.1\") has the category \"pyramid\"; wanted one of the 2 categories of shapes.");
        Message(() => Evaluate(Perfect, null, Image with { Graph = new([new("cube.1", default)], [new("cube.1", "on", "cube.9")]) }))
            .ShouldStartWith("Ground truth of image a: relationship 1 has the object \"cube.9\"; wanted the id of one of the image's objects.");
        Message(() => Evaluate(Perfect, null, Image with { Graph = new([new("cube.1", default)], [new("cube.1", "above", "cube.1")]) })).ShouldContain("predicate \"above\"");
        Message(() => Evaluate(Perfect, null, Image with { Source = "gt.jsonl, line 1", Graph = new([new("pyramid.1", default)], []) })).ShouldStartWith("gt.jsonl, line 1: Ground truth of image a: object 1");
        Message(() => SceneGraphEvaluator.Evaluate(Shapes, [Image], [new("b", Perfect) { Source = "p.jsonl, line 7" }], EvaluationProtocol.Reference)).ShouldStartWith("p.jsonl, line 7: There is a prediction");
        Message(() => EvaluationProtocol.Find("coco")).ShouldContain("reference, sound");
        Message(() => KnownVocabularies.Find("coco")).ShouldContain("vg150, psg");
    }

    private static string Message(Action action) => Should.Throw<LabException>(action).Message;
}
