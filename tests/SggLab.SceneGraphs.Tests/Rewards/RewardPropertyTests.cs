using CsCheck;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Tests.Rewards;

public sealed class RewardPropertyTests
{
    private static readonly RewardScorer Exact = RewardScorer.Create(RewardVariants.ReferenceSix, new ExactSimilarity());
    private static readonly RewardScorer Spacy = RewardScorer.Create(RewardVariants.ReferenceSix, SpacySmSimilarity.Shared);

    [Fact]
    public void Writing_the_ground_truth_itself_earns_the_most() =>
        RewardSamples.Graphs.Sample(truth =>
        {
            var parts = Exact.Score(RewardSamples.Write(truth), truth, 1000, 1000).Parts;
            parts["format"].ShouldBe(1);
            parts["node_category"].ShouldBe(2, 1e-9);
            parts["node_box"].ShouldBe(2, 1e-9);
            parts["edge_hard"].ShouldBe(5, 1e-9);
            parts["edge_hard_relax"].ShouldBe(5, 1e-9);
        }, iter: 500);

    [Fact]
    public void Writing_the_ground_truth_of_separate_objects_earns_the_soft_edges_too()
    {
        var truth = new SceneGraph(
            [new("man.1", new(0, 0, 0.2, 0.2)), new("horse.2", new(0.5, 0.5, 0.9, 0.9)), new("man.3", new(0.7, 0, 0.9, 0.2))],
            [new("man.1", "riding", "horse.2"), new("man.3", "on", "horse.2")]);
        Exact.Score(RewardSamples.Write(truth), truth, 1000, 1000).Parts["edge_soft"].ShouldBe(5, 1e-9);
    }

    [Fact]
    public void No_answer_earns_more_than_a_perfect_one_or_less_than_nothing() =>
        Gen.Select(RewardSamples.Graphs, RewardSamples.Graphs).Sample((truth, written) =>
        {
            var parts = Exact.Score(RewardSamples.Write(written), truth, 1000, 1000).Parts;
            parts["node_category"].ShouldBeInRange(0, 2 + 1e-9);
            parts["node_box"].ShouldBeInRange(0, 2 + 1e-9);
            parts["edge_soft"].ShouldBeInRange(0, 5 + 1e-9);
            parts["edge_hard"].ShouldBeInRange(0, parts["edge_hard_relax"] + 1e-9);
            parts["edge_hard_relax"].ShouldBeInRange(0, 5 + 1e-9);
        }, iter: 500);

    [Fact]
    public void The_order_of_written_objects_and_relations_does_not_matter_to_the_hard_rewards() =>
        Gen.Select(RewardSamples.Graphs, RewardSamples.Graphs, Gen.Int).Sample((truth, written, seed) =>
        {
            var random = new Random(seed);
            SceneObject[] objects = [.. written.Objects];
            SceneRelationship[] relations = [.. written.Relationships];
            random.Shuffle(objects);
            random.Shuffle(relations);
            var before = Spacy.Score(RewardSamples.Write(written), truth, 1000, 1000).Parts;
            var after = Spacy.Score(RewardSamples.Write(new SceneGraph(objects, relations)), truth, 1000, 1000).Parts;
            after["edge_hard"].ShouldBe(before["edge_hard"], 1e-12);
            after["edge_hard_relax"].ShouldBe(before["edge_hard_relax"], 1e-12);
            after["format"].ShouldBe(before["format"]);
        }, iter: 300);

    [Fact]
    public void The_frame_of_the_boxes_does_not_matter_once_it_is_named() =>
        RewardSamples.Graphs.Sample(truth =>
        {
            var pixels = truth with { Objects = [.. truth.Objects.Select(o => o with { Box = o.Box.Scale(0.64, 0.48) })] };
            var inThousand = Exact.Score(RewardSamples.Write(truth), truth, 1000, 1000).Parts;
            var inPixels = Exact.Score(RewardSamples.Write(pixels), truth, 640, 480).Parts;
            foreach (var (name, value) in inThousand) inPixels[name].ShouldBe(value, 1e-9, name);
        }, iter: 200);

    [Fact]
    public void Many_threads_get_what_one_gets()
    {
        var cases = Golden.Lines("rewards/cases.spacy.jsonl").Take(200).Select(l => (Completion: l.GetProperty("completion").GetString()!, Truth: l.GetProperty("ground_truth").Graph())).ToList();
        var alone = cases.Select(c => Spacy.Score(c.Completion, c.Truth, 1000, 1000).Total).ToList();
        var together = cases.AsParallel().AsOrdered().WithDegreeOfParallelism(4).Select(c => Spacy.Score(c.Completion, c.Truth, 1000, 1000).Total).ToList();
        together.ShouldBe(alone);
    }
}
