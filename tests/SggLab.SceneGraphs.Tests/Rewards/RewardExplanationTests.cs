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
