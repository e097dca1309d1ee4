using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Tests.Rewards;

public sealed class RewardExplanationTests
{
    [Fact]
    public void An_explanation_adds_up_to_the_score()
    {
        var scorer = RewardScorer.Create(RewardVariants.ReferenceSix, SpacySmSimilarity.Shared);
        foreach (var line in Golden.Lines("rewards/cases.spacy.jsonl").Take(150))
        {
            var truth = line.GetProperty("ground_truth").Graph();
            var (width, height) = line.BoxScale();
            var explained = scorer.Explain(line.GetProperty("completion").GetString()!, truth, width, height);
            var parts = explained.Score.Parts;
            if (explained.Matches.Count == 0) parts["node_category"].ShouldBe(0);
            (2 * explained.Matches.Sum(m => m.Similarity) / Math.Max(1, truth.Objects.Count)).ShouldBe(parts["node_category"], 1e-9);
            // The reference gives 0 to the whole where a relation names nothing; the explanation still tells what was found.
            if (parts["edge_hard"] > 0) (5.0 * explained.Relations.Count(r => r.Hard is not null) / truth.Relationships.Count).ShouldBe(parts["edge_hard"], 1e-9);
            if (parts["edge_hard_relax"] > 0) (5 * explained.Relations.Sum(r => r.RelaxedSimilarity) / truth.Relationships.Count).ShouldBe(parts["edge_hard_relax"], 1e-9);
            if (parts["edge_soft"] > 0) (5 * explained.Relations.Sum(r => r.SoftSimilarity) / truth.Relationships.Count).ShouldBe(parts["edge_soft"], 1e-9);
        }
    }

    [Fact]
    public void A_match_is_told_with_its_cost_its_overlap_and_its_distance()
    {
        // Another name (1), a box of half the height (IoU and generalised IoU 1/2, weighed by 2), and half the height of distance (weighed by 5).
        var truth = new SceneGraph([new("man.1", new(0, 0, 0.4, 0.4)), new("horse.2", new(0.5, 0.5, 0.9, 0.9))], []);
        var written = new SceneGraph([truth.Objects[0], new("cow.2", new(0.5, 0.5, 0.9, 0.7))], []);
        var matches = RewardScorer.Create("soft_recall", new ExactSimilarity()).Explain(RewardSamples.Write(written), truth, 1000, 1000).Matches;
        matches.Select(m => (m.Written, m.True, m.Similarity)).ShouldBe([(0, 0, 1), (1, 1, 0)]);
        matches[0].Cost.ShouldBe(0, 1e-12);
        matches[1].Cost.ShouldBe(1 + 2 * 0.5 + 5 * 0.2, 1e-12);
        (matches[1].Iou, matches[1].GeneralizedIou, matches[1].Distance).ShouldBe((0.5, 0.5, 0.2), Near);
    }

    private static readonly IEqualityComparer<(double, double, double)> Near = EqualityComparer<(double, double, double)>.Create(
        (a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) + Math.Abs(a.Item3 - b.Item3) < 1e-9);

    [Fact]
    public void Of_equal_written_relations_the_first_is_said_to_have_found_a_true_one_and_the_last_to_relate_the_matched_objects()
    {
        var truth = new SceneGraph([new("man.1", new(0, 0, 0.4, 0.4)), new("horse.2", new(0.5, 0.5, 0.9, 0.9))], [new("man.1", "on", "horse.2")]);
        var written = truth with { Relationships = [new("horse.2", "on", "man.1"), new("man.1", "on", "horse.2"), new("man.1", "on", "horse.2")] };
        var relation = RewardScorer.Create("soft_recall", new ExactSimilarity()).Explain(RewardSamples.Write(written), truth, 1000, 1000).Relations.Single();
        (relation.Hard, relation.Relaxed, relation.Soft).ShouldBe((1, 1, 2));
        (relation.RelaxedSimilarity, relation.SoftSimilarity).ShouldBe((1, 1));
    }

    private static readonly SceneGraph Pair = new([new("man.1", new(0, 0, 0.4, 0.4)), new("horse.2", new(0.5, 0.5, 0.9, 0.9))], [new("man.1", "on", "horse.2")]);
    private static readonly string[] Edges = ["edge_soft", "edge_hard", "edge_hard_relax"];
    private const string Objects = """ "objects": [{"id": "man.1", "bbox": [0, 0, 400, 400]}, {"id": "horse.2", "bbox": [500, 500, 900, 900]}] """;
    private const string Relation = """{"subject": "man.1", "predicate": "on", "object": "horse.2"}""";

    private static Dictionary<string, ExplainedPart> Parts(string answer, RewardVariant? variant = null, SceneGraph? truth = null, ICategorySimilarity? similarity = null) =>
        RewardScorer.Create(variant ?? RewardVariants.ReferenceSix, similarity ?? new ExactSimilarity())
            .Explain("<think></think><answer>" + answer + "</answer>", truth ?? Pair, 1000, 1000).Parts.ToDictionary(p => p.Reward);

    private static string Answer(params string[] relations) => "{" + Objects + ", \"relationships\": [" + string.Join(", ", relations) + "]}";

    [Fact]
    public void A_relation_that_names_nothing_is_told_to_the_rewards_that_it_spoils_and_to_no_other()
    {
        var parts = Parts(Answer(Relation, """{"subject": "ghost.9", "predicate": "near", "object": "man.1"}"""));
        (parts["edge_hard_relax"].Value, parts["edge_hard_relax"].Reason).ShouldBe((0, "Relationship 2 names \"ghost.9\", which is none of the answer's objects: that makes the whole reward 0."));
        parts["format"].Reason.ShouldBe("Relationship 2 names \"ghost.9\", which is none of the answer's objects.");
        (parts["edge_hard"].Value, parts["edge_hard"].Reason).ShouldBe((5, null));
        (parts["edge_soft"].Value, parts["edge_soft"].Reason).ShouldBe((5, null));
        Parts(Answer("""{"subject": "man.1", "predicate": "on", "object": "ghost.9"}""", Relation))["edge_hard"].Reason.ShouldBe("Relationship 1 names \"ghost.9\", which is none of the answer's objects: that makes the whole reward 0.");
    }

    [Theory]
    [InlineData("subject")]
    [InlineData("predicate")]
    [InlineData("object")]
    public void A_relation_without_a_part_is_told_to_the_rewards_that_it_spoils(string part)
    {
        var answer = Answer(Relation.Replace($"\"{part}\": ", $"\"{part}\": 7, \"x\": ", StringComparison.Ordinal), Relation);
        var parts = Parts(answer);
        foreach (var reward in Edges) (parts[reward].Value, parts[reward].Reason).ShouldBe((0, $"Relationship 1 has no text as its {part}: that makes the whole reward 0."), reward);
        (parts["format"].Value, parts["format"].Reason).ShouldBe((0, $"Relationship 1 has no text as its {part}."));
    }

    [Fact]
    public void An_answer_without_a_list_of_relations_is_told_so_and_still_shows_the_true_ones()
    {
        var explained = RewardScorer.Create(RewardVariants.ReferenceSix, new ExactSimilarity()).Explain("{" + Objects + "}", Pair, 1000, 1000);
        explained.Unreadable.ShouldBeNull();
        explained.Relations.ShouldBe([new ExplainedRelation(0, null, null, 0, null, 0)]);
        foreach (var part in explained.Parts)
            part.Reason.ShouldBe(part.Reward.StartsWith("node", StringComparison.Ordinal) ? null : "The answer has no \"relationships\".", part.Reward);
        Parts("{" + Objects + ", \"relationships\": 7}")["edge_hard"].Reason.ShouldBe("\"relationships\" is a number; wanted a list.");
    }

    [Fact]
    public void A_box_that_is_not_finite_is_told_where_it_spoils_the_matching()
    {
        var parts = Parts(Answer(Relation).Replace("[500, 500, 900, 900]", "[500, 500, 1e400, 900]", StringComparison.Ordinal));
        foreach (var reward in (string[])["node_category", "node_box", "edge_soft"])
            (parts[reward].Value, parts[reward].Reason).ShouldBe((0, "Object 2 (\"horse.2\") has a box that is not finite, so that nothing can be matched."), reward);
        (parts["edge_hard"].Value, parts["edge_hard"].Detail).ShouldBe((0, "0 of 1 true relations found."));
    }

    [Fact]
    public void A_relation_that_an_overlap_of_NaN_lets_pass_is_shown_where_the_hard_reward_counts_it()
    {
        var explained = RewardScorer.Create("hard_recall", new ExactSimilarity()).Explain("{" + Objects.Replace("900, 900", "NaN, 900", StringComparison.Ordinal) + ", \"relationships\": [" + Relation + "]}", Pair, 1000, 1000);
        explained.Score.Parts["edge_hard"].ShouldBe(5);
        explained.Relations.Single().Hard.ShouldBe(0);
    }

    [Fact]
    public void Swapped_boxes_and_names_that_cannot_be_compared_are_told_too()
    {
        var truth = new SceneGraph([new("man.1", new(5, 0, 5, 2))], []);
        Parts("""{"objects": [{"id": "man.1", "bbox": [5000, 0, 3000, 2000]}], "relationships": []}""", truth: truth)["node_box"].Reason
            .ShouldBe("Object 1 (\"man.1\") has a swapped box whose common hull with that of true object 1 (\"man.1\") has no area: Python divides by zero, so that nothing can be matched.");
        var spacy = Parts(Answer(Relation).Replace("man.1", "m\\ud800.1", StringComparison.Ordinal), similarity: SpacySmSimilarity.Shared);
        spacy["node_category"].Reason.ShouldNotBeNull().ShouldEndWith("cannot be compared with others, so that nothing can be matched.");
        spacy["edge_hard_relax"].Reason.ShouldNotBeNull().ShouldStartWith("Relationship 1 has a name that cannot be compared with others");
    }

    [Theory]
    [InlineData("no JSON", "The answer is no JSON: Expecting value (character 0).")]
    [InlineData("[]", "The answer is a list; wanted an object with \"objects\" and \"relationships\".")]
    [InlineData("{\"objects\": []}", "The answer has no \"relationships\".")]
    [InlineData("{\"relationships\": []}", "The answer has no \"objects\".")]
    [InlineData("{\"objects\": 1, \"relationships\": []}", "\"objects\" is a number; wanted a list.")]
    [InlineData("{\"objects\": [], \"relationships\": {\"a\": 1}}", "\"relationships\" is an object; wanted a list.")]
    [InlineData("{\"objects\": [1], \"relationships\": []}", "Object 1 is a number; wanted an object with \"id\" and \"bbox\".")]
    [InlineData("{\"objects\": [{\"id\": 1}], \"relationships\": []}", "Object 1 has no text as its id.")]
    [InlineData("{\"objects\": [{\"id\": \"a\", \"bbox\": [1, 2, 3]}], \"relationships\": []}", "Object 1 has no box of four numbers.")]
    [InlineData("{\"objects\": [], \"relationships\": [1]}", "Relationship 1 is a number; wanted an object with \"subject\", \"predicate\" and \"object\".")]
    [InlineData("{\"objects\": [], \"relationships\": [{\"subject\": \"a\", \"object\": \"a\"}]}", "Relationship 1 has no text as its predicate.")]
    [InlineData("{\"objects\": [{\"id\": \"A\", \"bbox\": [1, 2, 3, 4]}], \"relationships\": [{\"subject\": \"a\", \"predicate\": \"on\", \"object\": \"A\"}]}", "Relationship 1 names \"a\", which is none of the answer's objects.")]
    public void The_rule_of_form_that_failed_is_told(string answer, string reason) => Parts(answer)["format"].Reason.ShouldBe(reason);

    [Fact]
    public void Missing_tags_are_told_with_what_is_left_of_the_reward()
    {
        ExplainedPart Format(string answer, bool strict) =>
            RewardScorer.Create(RewardVariants.HardRecall with { Settings = new RewardSettings { StrictFormat = strict } }, new ExactSimilarity()).Explain(answer, Pair, 1000, 1000).Parts[0];
        Format(Answer(Relation), strict: true).Reason.ShouldBe("The answer is not <think>…</think>, white space, <answer>…</answer> and nothing else.");
        var half = Format(Answer(Relation), strict: false);
        (half.Value, half.Reason).ShouldBe((0.5, "The answer is not <think>…</think>, white space, <answer>…</answer> and nothing else: half of the reward."));
        Format("<think></think><answer>" + Answer(Relation) + "</answer>", strict: true).Reason.ShouldBeNull();
    }

    [Fact]
    public void Each_reward_of_a_variant_has_a_part_with_its_weight_and_what_it_counted()
    {
        var variant = new RewardVariant { Name = "later", Terms = [.. RewardFunctions.Later.Select((f, i) => new RewardTerm(f, i + 1))] };
        var parts = Parts(Answer(Relation, Relation), variant);
        parts.Values.Select(p => (p.Reward, p.Weight)).ShouldBe(RewardFunctions.Later.Select((f, i) => (f.Name, i + 1.0)));
        parts["format_published"].Reason.ShouldBe("As published, the reward raises on every answer with an object.");
        parts["edge_f1"].Detail.ShouldBe("1 of 1 true relations found, each by a relation of its own, with 2 written.");
        parts["edge_precision"].Detail.ShouldBe(parts["edge_f1"].Detail);
        parts["recall_mix"].Detail.ShouldBe("1 of 1 true relations found; mean over their predicates 1.");
        parts["dual_granularity"].Detail.ShouldBe("1 of the true relations' weight found exactly, 1 of 1 with predicates that are alike.");
        parts["repetition_penalty"].Detail.ShouldBe("1 of 4 objects and relations say again what an earlier one said.");
        parts["length_penalty"].Detail.ShouldNotBeNull().ShouldEndWith(" characters, of which 4000 cost nothing.");
        parts.Values.ShouldAllBe(p => p.Reward == "format_published" || p.Reason == null);
    }

    [Fact]
    public void A_reward_that_is_0_because_there_is_nothing_true_to_find_says_so()
    {
        var variant = new RewardVariant { Name = "all", Terms = [.. RewardFunctions.All.Select(f => new RewardTerm(f))] };
        foreach (var (name, part) in Parts(Answer(), variant, SceneGraph.Empty))
            if (name.StartsWith("node", StringComparison.Ordinal)) part.Reason.ShouldBe("There is no true object to find.", name);
            else if (name is "edge_soft" or "edge_hard" or "edge_hard_relax" or "recall_mix" or "dual_granularity") part.Reason.ShouldBe("There is no true relation to find.", name);
    }

    // Where a reward is 0 although its own table says that something was found, a reason stands beside it: for every golden case.
    [Fact]
    public void No_reward_is_0_without_a_reason_where_something_was_found()
    {
        foreach (var line in Golden.Lines("rewards/cases.jsonl"))
        {
            var (width, height) = line.BoxScale();
            var explained = RewardScorer.Create(RewardVariants.ReferenceSix, new ExactSimilarity()).Explain(line.GetProperty("completion").GetString()!, line.GetProperty("ground_truth").Graph(), width, height);
            var parts = explained.Parts.ToDictionary(p => p.Reward);
            foreach (var (name, value) in explained.Score.Parts) parts[name].Value.ShouldBe(value);
            if (parts["format"].Value == 0) parts["format"].Reason.ShouldNotBeNull();
            if (parts["edge_hard"] is { Value: 0, Reason: null }) explained.Relations.ShouldAllBe(r => r.Hard == null);
            if (parts["edge_hard_relax"] is { Value: 0, Reason: null }) explained.Relations.ShouldAllBe(r => r.RelaxedSimilarity == 0);
            if (parts["edge_soft"] is { Value: 0, Reason: null }) explained.Relations.ShouldAllBe(r => r.SoftSimilarity == 0);
            if (explained.Unreadable is { } unreadable) parts["node_category"].Reason.ShouldBe(unreadable);
        }
    }

    [Fact]
    public void An_unreadable_completion_is_told_why()
    {
        var truth = new SceneGraph([new("man.1", new(0, 0, 1, 1))], []);
        var explained = RewardScorer.Create("soft_recall", new ExactSimilarity()).Explain("""{"objects": [{"id": "man.1", "bbox": [1, 2, 3]}], "relationships": []}""", truth, 1000, 1000);
        explained.Unreadable.ShouldBe("Object 1 has a box of 3 values; wanted x1, y1, x2, y2.");
        explained.Matches.ShouldBeEmpty();
        explained.Score.Total.ShouldBe(0);
    }
}
