using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Tests.Rewards;

public sealed class RewardMemoryTests
{
    private static readonly SceneGraph Truth = new(
        [new("man.1", new(0, 0, 0.4, 0.4)), new("horse.2", new(0.5, 0.5, 0.9, 0.9)), new("tree.3", new(0.1, 0.5, 0.3, 0.9))],
        [new("man.1", "on", "horse.2"), new("horse.2", "near", "tree.3")]);

    private static readonly string Answer = RewardSamples.Write(Truth with { Objects = [.. Truth.Objects, new("cow.4", new(0.5, 0, 0.9, 0.3)), new("cow.5", new(0.4, 0, 0.8, 0.3))] });

    private static long Spent(RewardScorer scorer)
    {
        Span<double> parts = stackalloc double[6];
        var before = GC.GetAllocatedBytesForCurrentThread();
        scorer.ScoreInto(Answer, Truth, 1000, 1000, parts);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Fact]
    public void Scoring_names_that_were_met_before_takes_next_to_no_memory()
    {
        var scorer = RewardScorer.Create(RewardVariants.ReferenceSix, new ExactSimilarity());
        Spent(scorer);
        Enumerable.Range(0, 20).Min(_ => Spent(scorer)).ShouldBeLessThan(300);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Names_without_end_are_forgotten_and_change_no_figure(bool withVectors)
    {
        ICategorySimilarity similarity = withVectors ? SpacySmSimilarity.Shared : new ExactSimilarity();
        var scorer = RewardScorer.Create(RewardVariants.ReferenceSix, similarity);
        var before = scorer.Score(Answer, Truth, 1000, 1000);
        var spent = Spent(scorer);
        for (var i = 0; i < 60; i++)
        {
            // 60 x 10,000 characters of names, of which the hard reward alone compares none.
            var invented = string.Join(", ", Enumerable.Range(0, 50).Select(j => $$"""{"id": "{{new string((char)('a' + i % 26), 195)}}{{i:D2}}{{j:D3}}", "bbox": [0, 0, 1, 1]}"""));
            scorer.Score("{\"objects\": [" + invented + "], \"relationships\": 7}", SceneGraph.Empty, 1000, 1000);
        }
        Spent(scorer).ShouldBeGreaterThan(spent, "the names are made anew");
        var after = scorer.Score(Answer, Truth, 1000, 1000);
        after.Total.ShouldBe(before.Total);
        after.Parts.ShouldBe(before.Parts);
    }

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(1000, 0)]
    public void A_frame_without_an_extent_makes_boxes_unreadable_and_leaves_an_empty_answer_as_it_is(double width, double height)
    {
        var scorer = RewardScorer.Create(RewardVariants.ReferenceSix, new ExactSimilarity());
        scorer.Score(Answer, Truth, width, height).Parts["node_category"].ShouldBe(0);
        scorer.Explain(Answer, Truth, width, height).Written.ShouldBeEmpty();
        scorer.Explain(RewardSamples.Write(SceneGraph.Empty), Truth, width, height).Unreadable.ShouldBeNull();
        scorer.Explain(Answer, Truth, width, height).Unreadable.ShouldNotBeNull();
    }
}
