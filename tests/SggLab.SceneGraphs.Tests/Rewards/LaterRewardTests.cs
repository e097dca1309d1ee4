using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Tests.Rewards;

public sealed class LaterRewardTests
{
    private static readonly SceneGraph Truth = new(
        [new("man.1", new(0, 0, 0.4, 0.4)), new("horse.2", new(0.5, 0.5, 0.9, 0.9)), new("tree.3", new(0.6, 0, 1, 0.4))],
        [new("man.1", "on", "horse.2"), new("horse.2", "on", "tree.3"), new("tree.3", "behind", "man.1")]);

    private static double Earned(string reward, SceneGraph written, RewardSettings? settings = null, SceneGraph? truth = null, ICategorySimilarity? similarity = null) =>
        RewardScorer.Create(new RewardVariant { Name = "x", Terms = [new(RewardFunctions.Find(reward))], Settings = settings ?? RewardSettings.Reference }, similarity ?? new ExactSimilarity())
            .Score(RewardSamples.Write(written), truth ?? Truth, 1000, 1000).Total;

    private static SceneGraph With(params SceneRelationship[] relations) => Truth with { Relationships = relations };

    [Fact]
    public void F1_is_whole_for_the_truth_and_falls_for_what_is_missing_or_made_up()
    {
        Earned("edge_f1", Truth).ShouldBe(5);
        Earned("edge_f1", With(Truth.Relationships[0])).ShouldBe(5 * 2.0 / 4, 1e-12);
        Earned("edge_f1", With([.. Truth.Relationships, new("man.1", "near", "tree.3")])).ShouldBe(5 * 6.0 / 7, 1e-12);
        Earned("edge_precision", With([.. Truth.Relationships, new("man.1", "near", "tree.3")])).ShouldBe(5 * 3.0 / 4, 1e-12);
    }

    [Fact]
    public void Saying_a_relation_twice_costs_precision_though_it_finds_no_more()
    {
        var twice = With([.. Truth.Relationships, Truth.Relationships[0]]);
        Earned("edge_hard", twice).ShouldBe(5);
        Earned("edge_precision", twice).ShouldBe(5 * 3.0 / 4, 1e-12);
    }

    [Fact]
    public void One_to_one_takes_the_largest_matching_not_the_first()
    {
        // The first written relation fits both true ones, the second only the first.
        var truth = new SceneGraph([new("a.1", new(0, 0, 0.5, 0.5)), new("a.2", new(0.05, 0, 0.55, 0.5)), new("b.3", new(0, 0, 1, 1))], [new("a.1", "on", "b.3"), new("a.2", "on", "b.3")]);
        var written = new SceneGraph([new("a.1", new(0.02, 0, 0.52, 0.5)), new("a.2", new(-0.15, 0, 0.35, 0.5)), new("b.3", new(0, 0, 1, 1))], [new("a.1", "on", "b.3"), new("a.2", "on", "b.3")]);
        Earned("edge_precision", written, truth: truth).ShouldBe(5);
    }

    [Fact]
    public void Two_equal_true_relations_want_two_written_ones()
    {
        var twice = Truth with { Relationships = [Truth.Relationships[0], Truth.Relationships[0]] };
        Earned("edge_f1", With(Truth.Relationships[0]), truth: twice).ShouldBe(5 * 2.0 / 3, 1e-12);
        Earned("edge_f1", twice, truth: twice).ShouldBe(5);
        Earned("edge_hard", With(Truth.Relationships[0]), truth: twice).ShouldBe(5, "the hard reward lets one find both");
    }

    [Fact]
    public void Nothing_true_and_nothing_written_is_perfect_to_F1() =>
        Earned("edge_f1", With(), truth: With()).ShouldBe(5);

    [Theory]
    [InlineData("{\"objects\": []}")]
    [InlineData("{\"objects\": [], \"relationships\": null}")]
    [InlineData("{\"relationships\": []}")]
    public void An_answer_that_lacks_a_list_earns_nothing_even_where_nothing_was_to_be_found(string answer) =>
        RewardScorer.Create("edge_f1", new ExactSimilarity()).Score(answer, With(), 1000, 1000).Total.ShouldBe(0);

    [Fact]
    public void The_mix_weighs_each_predicate_of_the_image_alike_in_its_second_half()
    {
        // One of two "on" and no "behind": recall 1/3, mean recall (1/2 + 0) / 2.
        Earned("recall_mix", With(Truth.Relationships[0])).ShouldBe(5 * (0.5 / 3 + 0.5 / 4), 1e-12);
        Earned("recall_mix", With(Truth.Relationships[0]), new RewardSettings { RecallShare = 1 }).ShouldBe(5.0 / 3, 1e-12);
        Earned("recall_mix", Truth).ShouldBe(5, 1e-12);
    }

    [Fact]
    public void The_fine_grain_weighs_predicates_and_the_coarse_grain_takes_those_alike()
    {
        var weights = new Dictionary<string, double> { ["behind"] = 3 };
        Earned("dual_granularity", With(Truth.Relationships[2]), new RewardSettings { PredicateWeights = weights, FineShare = 1 }).ShouldBe(5 * 3.0 / 5, 1e-12);
        Earned("dual_granularity", With(Truth.Relationships[2]), new RewardSettings { PredicateWeights = weights }).ShouldBe(5 * (0.5 * 3 / 5 + 0.5 / 3), 1e-12);
        var reworded = With(new SceneRelationship("man.1", "onto", "horse.2"));
        Earned("dual_granularity", reworded, new RewardSettings { FineShare = 0, AlikeSimilarity = 1.1 }).ShouldBe(0);
        Earned("dual_granularity", reworded, new RewardSettings { FineShare = 0, AlikeSimilarity = 0 }).ShouldBe(5.0 / 3, 1e-12);
    }

    [Fact]
    public void Repetition_costs_its_share_of_the_answer()
    {
        Earned("repetition_penalty", Truth).ShouldBe(0);
        Earned("repetition_penalty", With([.. Truth.Relationships, Truth.Relationships[0], Truth.Relationships[0]])).ShouldBe(-2.0 / 8, 1e-12);
        Earned("repetition_penalty", Truth with { Objects = [.. Truth.Objects, Truth.Objects[1]] }).ShouldBe(-1.0 / 7, 1e-12);
    }

    [Theory]
    [InlineData(4000, 8000, 0)]
    [InlineData(100, 200, -1)]
    public void Length_is_free_at_first_and_then_costs_up_to_one(int free, int most, double expected) =>
        Earned("length_penalty", Truth, new RewardSettings { LengthFree = free, LengthMost = most }).ShouldBe(expected);

    [Fact]
    public void Half_way_past_the_free_length_costs_half()
    {
        var length = RewardSamples.Write(Truth).Length;
        Earned("length_penalty", Truth, new RewardSettings { LengthFree = length - 100, LengthMost = length + 100 }).ShouldBe(-0.5);
    }

    [Theory]
    [InlineData(4000, 0)]
    [InlineData(6000, -0.5)]
    [InlineData(8000, -1)]
    [InlineData(9000, -1)]
    public void Four_thousand_characters_are_free_and_eight_thousand_cost_all(int length, double expected) =>
        RewardScorer.Create(new RewardVariant { Name = "x", Terms = [new(RewardFunctions.Find("length_penalty"))] }, new ExactSimilarity())
            .Score("  " + new string('a', length) + "\n", Truth, 1000, 1000).Total.ShouldBe(expected, 1e-15);

    [Fact]
    public void Predicates_are_alike_from_a_similarity_of_seven_tenths_on()
    {
        // Words at angles whose cosines are .72 and .68.
        var words = new VectorSimilarity(WordVectors.Read(new StringReader("man 0 0 1\nhorse 0 0 1\non 1 0 0\natop 0.72 0.694 0\nbelow 0.68 0.733 0\n"), "words"), "words");
        double Of(string predicate) => Earned("dual_granularity", With(new SceneRelationship("man.1", predicate, "horse.2")), similarity: words);
        Of("atop").ShouldBe(5 * 0.5 / 3, 1e-9);
        Of("below").ShouldBe(0);
    }

    [Theory]
    [InlineData(250, 1)]
    [InlineData(240, 0)]
    public void Half_of_a_box_is_enough_at_either_end(int height, double share)
    {
        var truth = new SceneGraph([new("man.1", new(0, 0, 0.5, 0.5)), new("horse.2", new(0.5, 0.5, 1, 1))], [new("man.1", "on", "horse.2")]);
        foreach (var written in (SceneGraph[])
            [
                truth with { Objects = [new("man.1", new(0, 0, 0.5, height / 1000.0)), truth.Objects[1]] },
                truth with { Objects = [truth.Objects[0], new("horse.2", new(0.5, 0.5, 1, 0.5 + height / 1000.0))] },
            ])
        {
            foreach (var reward in (string[])["edge_hard", "edge_hard_relax", "edge_f1", "edge_precision", "recall_mix", "dual_granularity"]) Earned(reward, written, truth: truth).ShouldBe(5 * share, 1e-12, reward);
            var relation = RewardScorer.Create("hard_recall", new ExactSimilarity()).Explain(RewardSamples.Write(written), truth, 1000, 1000).Relations.Single();
            (relation.Hard.HasValue, relation.Relaxed.HasValue).ShouldBe((share == 1, share == 1));
        }
    }

    [Fact]
    public void A_free_length_that_is_the_most_too_costs_all_at_the_next_character()
    {
        var length = RewardSamples.Write(Truth).Length;
        foreach (var (limit, cost) in new[] { (length, 0), (length - 1, -1), (length + 1, 0) })
            Earned("length_penalty", Truth, new RewardSettings { LengthFree = limit, LengthMost = limit }).ShouldBe(cost);
    }

    [Fact]
    public void An_empty_answer_repeats_nothing() => Earned("repetition_penalty", SceneGraph.Empty).ShouldBe(0);

    [Fact]
    public void The_published_format_reward_is_nothing_for_every_graph_with_an_object()
    {
        Earned("format", Truth).ShouldBe(1);
        Earned("format_published", Truth).ShouldBe(0);
        Earned("format_published", SceneGraph.Empty).ShouldBe(1);
    }

    [Theory]
    [InlineData("[1, 2, 3, 4]", 1)]
    [InlineData("[\"1\", 2, 3, 4]", 0)]
    [InlineData("[1, \"2\", 3, 4]", 0)]
    [InlineData("[1, 2, null, 4]", 0)]
    [InlineData("[1, 2, 3, [4]]", 0)]
    [InlineData("[1, 2, 3]", 0)]
    [InlineData("[1, 2, 3, 4, 5]", 0)]
    public void A_box_of_the_right_form_is_four_numbers(string box, double expected) =>
        RewardScorer.Create("hard_recall", new ExactSimilarity()).Score("<think></think><answer>{\"objects\": [{\"id\": \"man.1\", \"bbox\": " + box + "}], \"relationships\": []}</answer>", SceneGraph.Empty, 1000, 1000)
            .Parts["format"].ShouldBe(expected);

    [Theory]
    [InlineData("<think>x</think>\n<answer>{0}</answer>", 1)]
    [InlineData(" <think></think><answer>{0}</answer>\u00a0", 1)]
    [InlineData("<think>x</think> so <answer></think> <answer>{0}</answer>", 0)]
    [InlineData("<think>a</think> b</think><answer>{0}</answer>", 1)]
    [InlineData("<think>x <answer>{0}</answer>", 0)]
    [InlineData("<think>x</think> so <answer>{0}</answer>", 0)]
    [InlineData("x<think>x</think><answer>{0}</answer>", 0)]
    [InlineData("<think>x</think><answer>{0}</answer>x", 0)]
    [InlineData("<think>x</think><answer>{0}", 0)]
    [InlineData("<answer>{0}</answer>", 0)]
    public void The_tags_are_in_order_with_white_space_alone_between_them(string form, double expected) =>
        RewardScorer.Create("hard_recall", new ExactSimilarity()).Score(form.Replace("{0}", "{\"objects\": [], \"relationships\": []}", StringComparison.Ordinal), SceneGraph.Empty, 1000, 1000)
            .Parts["format"].ShouldBe(expected);

    [Fact]
    public void Without_strict_format_a_graph_without_tags_earns_half()
    {
        var lenient = RewardScorer.Create(new RewardVariant { Name = "x", Terms = [new(RewardFunctions.Format)], Settings = new RewardSettings { StrictFormat = false } }, new ExactSimilarity());
        lenient.Score("""{"objects": [], "relationships": []}""", Truth, 1000, 1000).Total.ShouldBe(0.5);
        lenient.Score("<think>x</think><answer>{\"objects\": [], \"relationships\": []}</answer>", Truth, 1000, 1000).Total.ShouldBe(1);
    }

    [Fact]
    public void No_reward_of_later_work_raises_on_the_golden_completions()
    {
        var scorer = RewardScorer.Create(new RewardVariant { Name = "later", Terms = [.. RewardFunctions.Later.Select(f => new RewardTerm(f))] }, new ExactSimilarity());
        foreach (var line in Golden.Lines("rewards/cases.jsonl"))
            foreach (var (name, value) in scorer.Score(line.GetProperty("completion").GetString()!, line.GetProperty("ground_truth").Graph(), 1000, 1000).Parts)
                value.ShouldBeInRange(name.EndsWith("penalty", StringComparison.Ordinal) ? -1 : 0, 5 + 1e-9, name);
    }

    [Fact]
    public void Variants_and_rewards_are_found_by_name_and_others_are_told_what_there_is()
    {
        RewardVariants.All.Select(v => v.Name).ShouldBe(["hard_recall", "hard_recall_relax", "soft_recall", "edge_f1", "recall_mix", "dual_granularity"]);
        RewardVariants.Find("soft_recall").Terms.Select(t => t.Function.Name).ShouldBe(["format", "node_category", "node_box", "edge_soft"]);
        Should.Throw<LabException>(() => RewardVariants.Find("harder")).Message.ShouldBe("There is no reward variant \"harder\". Known: hard_recall, hard_recall_relax, soft_recall, edge_f1, recall_mix, dual_granularity.");
        Should.Throw<LabException>(() => RewardFunctions.Find("edge")).Message.ShouldContain("edge_soft");
    }

    // A figure that changes wants a new version here and in its function: runs are told apart by it.
    [Fact]
    public void No_reward_has_changed_its_figures_since_its_first_version() => RewardFunctions.All.ShouldAllBe(f => f.Version == 1);

    [Fact]
    public void A_variant_weighs_its_rewards()
    {
        var score = RewardScorer.Create(new RewardVariant { Name = "x", Terms = [new(RewardFunctions.Format, 0.5), new(RewardFunctions.EdgeHard, 2)] }, new ExactSimilarity()).Score(RewardSamples.Write(Truth), Truth, 1000, 1000);
        score.Total.ShouldBe(10.5);
        score.Parts["edge_hard"].ShouldBe(5);
    }

    [Fact]
    public void A_variant_of_ones_own_has_the_references_numbers_unless_it_says_otherwise()
    {
        NamedWeight[] format = [new() { Name = "format", Weight = 3 }];
        var plain = RewardVariants.Of(new VariantSpec { Name = "mine", Rewards = format });
        (plain.Settings with { PredicateWeights = RewardSettings.Reference.PredicateWeights }).ShouldBe(RewardSettings.Reference);
        plain.Settings.PredicateWeights.ShouldBeEmpty();
        plain.Terms.Select(term => (term.Function.Versioned, term.Weight)).ShouldBe([("format@1", 3)]);
        // Each number is a number of its own, so that none can be taken for another.
        var other = RewardVariants.Of(new VariantSpec
        {
            Name = "mine", Summary = "Mine.", Rewards = format, StrictFormat = false, FormatWeight = 11, NodeWeight = 12, EdgeWeight = 13, IouThreshold = 0.14, SemanticCost = 15, OverlapCost = 16,
            DistanceCost = 17, RecallShare = 0.18, FineShare = 0.19, AlikeSimilarity = 0.2, PredicateWeights = [new() { Name = "Left-Of", Weight = 21 }], LengthFree = 22, LengthMost = 23,
        });
        (other.Settings with { PredicateWeights = RewardSettings.Reference.PredicateWeights }).ShouldBe(new RewardSettings
        {
            StrictFormat = false, FormatWeight = 11, NodeWeight = 12, EdgeWeight = 13, IouThreshold = 0.14, SemanticCost = 15, OverlapCost = 16, DistanceCost = 17,
            RecallShare = 0.18, FineShare = 0.19, AlikeSimilarity = 0.2, LengthFree = 22, LengthMost = 23, PredicateWeights = RewardSettings.Reference.PredicateWeights,
        });
        other.Settings.PredicateWeights.ShouldBe([KeyValuePair.Create("left of", 21.0)]);
        other.Summary.ShouldBe("Mine.");
        Should.Throw<LabException>(() => RewardVariants.Of(new VariantSpec { Name = "mine", Rewards = format, PredicateWeights = [new() { Name = "left-of", Weight = 1 }, new() { Name = "left of", Weight = 1 }] }))
            .Message.ShouldBe("The variant mine weighs the predicate \"left of\" twice; keep one.");
    }
}
