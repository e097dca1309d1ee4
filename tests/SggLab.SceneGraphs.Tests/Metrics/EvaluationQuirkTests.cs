using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Metrics;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Tests.Metrics;

/// <summary>The quirks that docs/metrics.md lists, each alone on a hand-made case.</summary>
public sealed class EvaluationQuirkTests
{
    private static readonly Vocabulary Shapes = Vocabulary.Of("shapes", ["cube", "ball"], ["left of", "on"]);
    private static readonly Box Left = new(0, 0, 400, 400), Right = new(500, 500, 900, 900);

    private static GroundTruthImage Image(string id, IReadOnlyList<SceneObject> objects, params SceneRelationship[] relations) => new(id, 1000, 1000, new(objects, relations));

    // Another image before it, so that the first object of all is not among what is measured.
    private static EvaluationReport Evaluate(GroundTruthImage truth, IReadOnlyList<SceneObject> objects, IEnumerable<SceneRelationship>? relations = null, EvaluationProtocol? protocol = null) =>
        SceneGraphEvaluator.Evaluate(Shapes, [Image("0", [new("ball.1", Right)]), truth], [new(truth.ImageId, Write(objects, relations ?? []))], protocol ?? EvaluationProtocol.Reference);

    private static string Write(IEnumerable<SceneObject> objects, IEnumerable<SceneRelationship> relations) => FormattableString.Invariant(
        $$"""{"objects": [{{string.Join(", ", objects.Select(o => FormattableString.Invariant($$"""{"id": "{{o.Id}}", "bbox": [{{o.Box.X1}}, {{o.Box.Y1}}, {{o.Box.X2}}, {{o.Box.Y2}}]}""")))}}], "relationships": [{{string.Join(", ", relations.Select(r => $$"""{"subject": "{{r.Subject}}", "predicate": "{{r.Predicate}}", "object": "{{r.Object}}"}"""))}}]}""");

    [Fact]
    public void Only_the_first_hundred_detections_of_a_class_count_and_only_the_first_and_the_first_ten_in_AR1_and_AR10()
    {
        CocoFigures With(int wrongOnes) => Evaluate(Image("1", [new("cube.1", Left)]), [.. Enumerable.Range(2, wrongOnes).Select(i => new SceneObject($"cube.{i}", Right)), new("cube.1", Left)]).Coco;

        With(99).Ar100.ShouldBe(1, 1e-12);
        With(100).Ar100.ShouldBe(0);
        With(9).Ar10.ShouldBe(1, 1e-12);
        With(10).Ar10.ShouldBe(0);
        With(0).Ar1.ShouldBe(1, 1e-12);
        With(1).Ar1.ShouldBe(0);
        With(1).Ap50.ShouldBe(0.5, 1e-12);
    }

    [Fact]
    public void Images_go_by_their_ids_as_text()
    {
        // "10" before "9": the right answer is second, so that precision at full recall is 1/2.
        GroundTruthImage[] truths = [Image("0", [new("ball.1", Left)]), Image("9", [new("cube.1", Left)]), Image("10", [])];
        string right = Write([new("cube.1", Left)], []), wrong = Write([new("cube.1", Right)], []);
        SceneGraphEvaluator.Evaluate(Shapes, truths, [new("9", right), new("10", wrong)], EvaluationProtocol.Reference).Coco.Ap50.ShouldBe(0.5, 1e-12);
        SceneGraphEvaluator.Evaluate(Shapes, [truths[0], Image("10", truths[1].Graph.Objects), Image("9", [])], [new("10", right), new("9", wrong)], EvaluationProtocol.Reference).Coco.Ap50.ShouldBe(1, 1e-12);
    }

    [Fact]
    public void A_detection_that_is_turned_inside_out_or_larger_than_all_images_is_ignored_not_wrong()
    {
        CocoFigures After(Box first) => Evaluate(Image("1", [new("cube.1", Left)]), [new("cube.2", first), new("cube.1", Left)]).Coco;

        After(Right).Ap50.ShouldBe(0.5, 1e-12);
        After(new(900, 500, 500, 900)).Ap50.ShouldBe(1, 1e-12);
        After(new(0, 0, 200_000, 200_000)).Ap50.ShouldBe(1, 1e-12);
        After(new(900, 900, 500, 500)).Ap50.ShouldBe(0.5, 1e-12, "both sides turned: the area is positive");
    }

    [Fact]
    public void Objects_of_exactly_32_and_96_pixels_a_side_belong_to_the_sizes_on_both_sides()
    {
        CocoFigures Of(double side) => Evaluate(Image("1", [new("cube.1", new(0, 0, side, side))]), [new("cube.1", new(0, 0, side, side))]).Coco;

        (Of(32).ApSmall, Of(32).ApMedium, Of(32).ApLarge).ShouldBe((1, 1, -1), Tolerant);
        (Of(96).ApSmall, Of(96).ApMedium, Of(96).ApLarge).ShouldBe((-1, 1, 1), Tolerant);
        (Of(31).ApSmall, Of(31).ApMedium, Of(31).ApLarge).ShouldBe((1, -1, -1), Tolerant);
        (Of(33).ApSmall, Of(33).ApMedium, Of(33).ApLarge).ShouldBe((-1, 1, -1), Tolerant);
        (Of(97).ApSmall, Of(97).ApMedium, Of(97).ApLarge).ShouldBe((-1, -1, 1), Tolerant);
    }

    private static readonly IEqualityComparer<(double, double, double)> Tolerant = EqualityComparer<(double, double, double)>.Create(
        (a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) + Math.Abs(a.Item3 - b.Item3) < 1e-9);

    [Theory]
    [InlineData(31, 32, 0.5, -1)]
    [InlineData(31, 33, 1, -1)]
    [InlineData(33, 32, -1, 0.5)]
    [InlineData(33, 31, -1, 1)]
    [InlineData(33, 96, -1, 0.5)]
    [InlineData(33, 97, -1, 1)]
    public void A_wrong_detection_costs_precision_only_in_the_sizes_that_it_belongs_to(double known, double wrong, double small, double medium)
    {
        var coco = Evaluate(Image("1", [new("cube.1", new(0, 0, known, known))]), [new("cube.2", new(500, 500, 500 + wrong, 500 + wrong)), new("cube.1", new(0, 0, known, known))]).Coco;
        coco.ApSmall.ShouldBe(small, 1e-9);
        coco.ApMedium.ShouldBe(medium, 1e-9);
    }

    [Fact]
    public void Of_two_free_objects_of_one_overlap_the_later_is_taken()
    {
        // Both detections fit both objects alike; nothing is lost whichever is taken, but the first detection takes the second object.
        var truth = Image("1", [new("cube.1", Left), new("cube.2", Left)]);
        Evaluate(truth, [new("cube.1", Left), new("cube.2", Left)]).Coco.Ap.ShouldBe(1, 1e-12);
        // The first object of the data set is lost; with one detection the later one is found all the same.
        SceneGraphEvaluator.Evaluate(Shapes, [truth], [new("1", Write([new("cube.1", Left)], []))], EvaluationProtocol.Reference).Coco.Ar100.ShouldBe(0.5, 1e-12);
    }

    [Fact]
    public void An_object_of_the_size_range_is_taken_before_one_outside_it_that_fits_better()
    {
        // The box detected is the large object; the medium one covers it by 0.81, which passes seven of the ten thresholds.
        SceneObject medium = new("cube.1", new(0, 0, 90, 90)), large = new("cube.2", new(0, 0, 100, 100));
        foreach (var truth in (SceneObject[][])[[medium, large], [large, medium]])
        {
            var coco = Evaluate(Image("1", truth), [new("cube.1", large.Box)]).Coco;
            coco.ArMedium.ShouldBe(0.7, 1e-12);
            coco.ArLarge.ShouldBe(1, 1e-12);
        }
    }

    [Fact]
    public void A_detection_of_exactly_the_overlap_of_a_threshold_is_a_hit_and_an_empty_box_covers_nothing()
    {
        CocoFigures Of(Box known, Box detected) => Evaluate(Image("1", [new("cube.1", known)]), [new("cube.1", detected)]).Coco;

        Of(new(0, 0, 100, 100), new(0, 0, 100, 50)).Ar100.ShouldBe(0.1, 1e-12);
        Of(new(0, 0, 100, 100), new(0, 0, 100, 49)).Ar100.ShouldBe(0);
        Of(new(5, 5, 5, 5), new(5, 5, 5, 5)).Ar100.ShouldBe(0);
        Of(new(5, 5, 5, 50), new(5, 5, 5, 50)).Ar100.ShouldBe(0);
        Of(new(5, 5, 50, 5), new(5, 5, 50, 5)).Ar100.ShouldBe(0);
        Of(new(0, 0, 10, 10), new(20, 0, 30, 10)).Ar100.ShouldBe(0);
        Of(new(0, 0, 10, 10), new(0, 20, 10, 30)).Ar100.ShouldBe(0);
    }

    [Fact]
    public void Objects_of_the_largest_size_that_COCO_knows_count_and_larger_ones_do_not()
    {
        CocoFigures Of(double width) => Evaluate(Image("1", [new("cube.1", new(0, 0, width, 100_000))]), [new("cube.1", new(0, 0, width, 100_000))]).Coco;

        Of(100_000).Ap.ShouldBe(1, 1e-12);
        Of(100_000).ApLarge.ShouldBe(1, 1e-12);
        (Of(100_001).Ap, Of(100_001).ApLarge).ShouldBe((-1, -1));
        Evaluate(Image("1", [new("cube.1", Left)]), [new("cube.2", new(0, 0, 100_000, 100_000)), new("cube.1", Left)]).Coco.Ap50.ShouldBe(0.5, 1e-12, "it counts, and is wrong");
        Evaluate(Image("1", [new("cube.1", Left)]), [new("cube.2", new(0, 0, 100_001, 100_000)), new("cube.1", Left)]).Coco.Ap50.ShouldBe(1, 1e-12, "it is passed over");
    }

    [Fact]
    public void A_recall_of_99_of_100_reaches_the_last_but_one_of_the_101_points()
    {
        var cubes = Enumerable.Range(0, 100).Select(i => new SceneObject($"cube.{i}", new(i * 10, 0, i * 10 + 9, 9))).ToList();
        Evaluate(Image("1", cubes), cubes[1..]).Coco.Ap50.ShouldBe(100 / 101.0, 1e-12);
        Evaluate(Image("1", cubes), cubes).Coco.Ap50.ShouldBe(1, 1e-12);
    }

    [Fact]
    public void One_prediction_finds_every_equal_relation()
    {
        SceneRelationship on = new("cube.1", "on", "ball.2");
        var report = Evaluate(Image("1", [new("cube.1", Left), new("ball.2", Right)], on, on), [new("cube.1", Left), new("ball.2", Right)], [on]);
        report.Pooled.Recall.ShouldBe(1);
        report.Sgdet.Recall.At20.ShouldBe(1);
    }

    [Theory]
    [InlineData(19, 1, 1, 1)]
    [InlineData(20, 0, 1, 1)]
    [InlineData(49, 0, 1, 1)]
    [InlineData(50, 0, 0, 1)]
    [InlineData(99, 0, 0, 1)]
    [InlineData(100, 0, 0, 0)]
    public void Recall_at_K_looks_at_the_first_K_relations_and_the_pooled_recall_at_all(int before, double at20, double at50, double at100)
    {
        SceneObject[] objects = [new("cube.1", Left), new("ball.2", Right)];
        SceneRelationship wrong = new("ball.2", "on", "cube.1"), right = new("cube.1", "left of", "ball.2");
        var report = Evaluate(Image("1", objects, right), objects, [.. Enumerable.Repeat(wrong, before), right], EvaluationProtocol.Sound);
        report.Sgdet.Recall.ShouldBe(new AtK(at20, at50, at100));
        report.Sgdet.NoGraphRecall.ShouldBe(new AtK(at20, at50, at100));
        report.Corrected.Recall.ShouldBe(new AtK(at20, at50, at100));
        report.Corrected.MeanRecall.ShouldBe(new AtK(at20, at50, at100));
        report.Pooled.Recall.ShouldBe(1);
    }

    [Fact]
    public void Fillers_come_after_all_predicted_relations_pair_after_pair()
    {
        SceneObject[] objects = [new("cube.1", Left), new("ball.2", Right)];
        SceneRelationship other = new("ball.2", "on", "cube.1"), missed = new("cube.1", "left of", "ball.2"), written = new("cube.1", "on", "ball.2");
        AtK With(int others) => Evaluate(Image("1", objects, missed), objects, [.. Enumerable.Repeat(other, others), written]).Sgdet.NoGraphRecall;

        // Row 2n + 1 fills the pair of the last of n + 1 relations.
        With(9).ShouldBe(new AtK(1, 1, 1));
        With(10).ShouldBe(new AtK(0, 1, 1));
        With(25).ShouldBe(new AtK(0, 0, 1));
        With(50).ShouldBe(new AtK(0, 0, 0));
    }

    [Fact]
    public void The_recalls_differ_by_a_pixel_at_the_threshold()
    {
        // 100 x 100 against 100 x 50 from a corner is 0.5 on the point; 100 x 49.8 is below it in doubles, and above once a pixel is added.
        SceneObject[] truth = [new("cube.1", new(0, 0, 100, 100)), new("ball.2", Right)];
        SceneRelationship on = new("cube.1", "on", "ball.2");
        (double Pooled, double AtK) With(double height)
        {
            var report = Evaluate(Image("1", truth, on), [new("cube.1", new(0, 0, 100, height)), truth[1]], [on]);
            return (report.Pooled.Recall, report.Sgdet.Recall.At20);
        }

        With(50).ShouldBe((1, 1));
        With(49.8).ShouldBe((0, 1));
        With(49).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData(400, 1)]
    [InlineData(300, 1)]
    [InlineData(200, 1)]
    [InlineData(190, 0)]
    public void Half_of_a_box_is_enough_at_either_end(double height, double found)
    {
        SceneObject[] truth = [new("cube.1", Left), new("ball.2", Right)];
        SceneRelationship on = new("cube.1", "on", "ball.2");
        Evaluate(Image("1", truth, on), [new("cube.1", new(0, 0, 400, height)), truth[1]], [on]).Pooled.Recall.ShouldBe(found);
        Evaluate(Image("1", truth, on), [truth[0], new("ball.2", new(500, 500, 900, 500 + height))], [on]).Pooled.Recall.ShouldBe(found);
        Evaluate(Image("1", truth, on), [new("cube.1", new(0, 0, 400, height)), truth[1]], [on]).Sgdet.Recall.At20.ShouldBe(found);
        Evaluate(Image("1", truth, on), [truth[0], new("ball.2", new(500, 500, 900, 500 + height))], [on]).Sgdet.Recall.At20.ShouldBe(found);
    }

    [Fact]
    public void A_class_is_listed_where_it_has_an_object_or_a_detection_that_counts()
    {
        CocoFigures With(Box ball) => Evaluate(Image("1", [new("cube.1", Left)]), [new("cube.1", Left), new("ball.2", ball)]).Coco;

        With(Right).PerClass.Select(c => (c.Name, c.Ap.HasValue, c.Detections50OverAreas > 0)).ShouldBe([("cube", true, true), ("ball", false, true)]);
        With(new(900, 500, 500, 900)).PerClass.Select(c => c.Name).ShouldBe(["cube"], "turned inside out it counts for nothing");
    }

    [Fact]
    public void Of_objects_with_one_id_the_first_is_meant_and_in_the_pooled_loop_the_last_after_normalising()
    {
        SceneObject[] objects = [new("cube.1", Left), new("Cube.1", Right), new("ball.2", new(0, 600, 100, 700))];
        SceneRelationship on = new("cube.1", "on", "ball.2");
        var truth = Image("1", objects, on);
        var first = Evaluate(truth, [objects[0], objects[2]], [on]);
        (first.Sgdet.Recall.At20, first.Pooled.Recall).ShouldBe((1, 0));
        var last = Evaluate(truth, [new("cube.1", Right), objects[2]], [on]);
        (last.Sgdet.Recall.At20, last.Pooled.Recall).ShouldBe((0, 1));
        // Of predicted objects with one id the first is meant too.
        Evaluate(Image("1", [objects[0], objects[2]], on), [objects[0], new("cube.1", Right), objects[2]], [on]).Sgdet.Recall.At20.ShouldBe(1);
    }

    [Fact]
    public void PSG_has_zero_shot_figures_and_a_person_in_each_failed_image_under_the_reference_only()
    {
        var truth = Image("1", [new("person.1", Left), new("wall-other-merged.2", Right)], new SceneRelationship("person.1", "on", "wall-other-merged.2"));
        EvaluationReport Failed(EvaluationProtocol protocol) => SceneGraphEvaluator.Evaluate(KnownVocabularies.Psg, [truth], [new("1", "I see a person.")], protocol);

        Failed(EvaluationProtocol.Reference).Sgdet.ZeroShot.ShouldNotBeNull();
        Failed(EvaluationProtocol.Sound).Sgdet.ZeroShot.ShouldBeNull();
        Failed(EvaluationProtocol.Reference).Coco.PerClass.Single(c => c.Name == "person").Detections50OverAreas.ShouldBeGreaterThan(0);
        Failed(EvaluationProtocol.Sound).Coco.PerClass.Single(c => c.Name == "person").Detections50OverAreas.ShouldBe(0);
    }

    [Fact]
    public void The_stand_in_of_a_failed_image_has_every_predicate_in_order_where_a_person_is_as_small_as_it()
    {
        AtK With(int predicate)
        {
            var truth = Image("1", [new("person.1", new(0, 0, 0, 0))], new SceneRelationship("person.1", KnownVocabularies.Psg.PredicateName(predicate), "person.1"));
            return SceneGraphEvaluator.Evaluate(KnownVocabularies.Psg, [truth], [new("1", "I see a person.")], EvaluationProtocol.Reference).Sgdet.NoGraphRecall;
        }

        With(1).ShouldBe(new AtK(1, 1, 1));
        With(20).ShouldBe(new AtK(1, 1, 1));
        With(21).ShouldBe(new AtK(0, 1, 1));
        With(51).ShouldBe(new AtK(0, 0, 1));
    }

    [Theory]
    [InlineData("wearing", "wearing", false)]
    [InlineData("worn by", "wearing", true)]
    [InlineData("Worn_by", "wearing", true)]
    [InlineData("is covered by", "covering", true)]
    [InlineData("is below", "under", false)]
    public void Passives_are_turned_round_where_the_table_says_so_and_mapped_on(string written, string meant, bool turned)
    {
        SceneObject[] objects = [new("man.1", Left), new("shirt.2", Right)];
        var truth = Image("1", objects, new SceneRelationship("man.1", meant, "shirt.2"));
        double With(string subject, string target) =>
            SceneGraphEvaluator.Evaluate(KnownVocabularies.Vg150, [truth], [new("1", Write(objects, [new(subject, written, target)]))], EvaluationProtocol.Reference).Pooled.Recall;

        With("man.1", "shirt.2").ShouldBe(turned ? 0 : 1);
        With("shirt.2", "man.1").ShouldBe(turned ? 1 : 0);
    }

    [Fact]
    public void Printed_means_are_rounded_by_predicate_before_they_are_averaged()
    {
        SceneObject[] objects = [new("cube.1", Left), new("ball.2", Right), new("ball.3", new(0, 600, 100, 700))];
        SceneRelationship on = new("cube.1", "on", "ball.2");
        var report = Evaluate(Image("1", objects, on, new("cube.1", "on", "ball.3"), new("ball.3", "on", "cube.1"), new("cube.1", "left of", "ball.2")), objects, [on]);
        report.Pooled.PerPredicate.Select(p => (p.Predicate, p.Relations, p.RecallRounded)).ShouldBe([("on", 3, 0.3333), ("left of", 1, 0)]);
        report.Pooled.MeanRecallPrinted.ShouldBe(0.3333 / 2, 1e-15);
        report.PerImage.MeanRecallPrinted.ShouldBe(0.3333 / 2, 1e-15);
    }
}
