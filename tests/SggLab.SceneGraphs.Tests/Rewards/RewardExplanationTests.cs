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
    public void An_unreadable_completion_is_told_why()
    {
        var truth = new SceneGraph([new("man.1", new(0, 0, 1, 1))], []);
        var explained = RewardScorer.Create("soft_recall", new ExactSimilarity()).Explain("""{"objects": [{"id": "man.1", "bbox": [1, 2, 3]}], "relationships": []}""", truth, 1000, 1000);
        explained.Unreadable.ShouldBe("Object 1 has a box of 3 values; wanted x1, y1, x2, y2.");
        explained.Matches.ShouldBeEmpty();
        explained.Score.Total.ShouldBe(0);
    }
}
