using CsCheck;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Tests.Rewards;

public sealed class RewardPropertyTests
{
    private static readonly RewardScorer Exact = RewardScorer.Create(RewardVariants.ReferenceSix, new ExactSimilarity());
    private static readonly RewardScorer Spacy = RewardScorer.Create(RewardVariants.ReferenceSix, SpacySmSimilarity.Shared);

    // Every reward there is; a completion of any length is free, since a whole graph of 150 relations is long.
    private static readonly RewardVariant Everything = new()
    {
        Name = "everything",
        Terms = [.. RewardFunctions.All.Select(f => new RewardTerm(f))],
        Settings = new RewardSettings { LengthFree = 1_000_000, LengthMost = 2_000_000 },
    };

    private static readonly RewardScorer All = RewardScorer.Create(Everything, new ExactSimilarity());
    private static readonly RewardScorer AllSpacy = RewardScorer.Create(Everything, SpacySmSimilarity.Shared);

    private static readonly Dictionary<string, double> Most = RewardFunctions.All.ToDictionary(f => f.Name, f => f.Name switch
    {
        "format" => 1.0,
        "node_category" or "node_box" => 2,
        "format_published" or "repetition_penalty" or "length_penalty" => 0,
        _ => 5,
    });

    private static IReadOnlyDictionary<string, double> Score(RewardScorer scorer, SceneGraph written, SceneGraph truth) => scorer.Score(RewardSamples.Write(written), truth, 1000, 1000).Parts;

    [Fact]
    public void Writing_the_ground_truth_itself_earns_the_most_of_every_reward() =>
        Gen.OneOf(RewardSamples.Graphs, RewardSamples.LargeGraphs).Sample(truth =>
        {
            foreach (var (name, value) in Score(All, truth, truth)) value.ShouldBe(Most[name], 1e-9, name);
        }, iter: 300);

    [Fact]
    public void No_answer_earns_more_than_a_perfect_one_or_less_than_nothing()
    {
        var between = Most.Keys.ToDictionary(name => name, _ => 0);
        const int tries = 600;
        RewardSamples.Attempts.Sample((truth, written) =>
        {
            var parts = Score(All, written, truth);
            foreach (var (name, value) in parts)
            {
                value.ShouldBeInRange(name == "repetition_penalty" ? -1 : 0, name == "format_published" && written.Objects.Count == 0 ? 1 : Most[name] + 1e-9, name);
                if (value > 0 && value < Most[name] - 1e-9) lock (between) between[name]++;
            }
            parts["edge_hard"].ShouldBeLessThanOrEqualTo(parts["edge_hard_relax"] + 1e-9);
            parts["dual_granularity"].ShouldBeGreaterThanOrEqualTo(parts["edge_hard"] - 1e-9);
            parts["edge_f1"].ShouldBeLessThanOrEqualTo(5 * Math.Sqrt(parts["edge_hard"] * parts["edge_precision"] / 25) + 1e-9, "the harmonic mean lies below the geometric one");
        }, iter: tries);
        foreach (var name in Most.Keys.Where(name => name.StartsWith("node", StringComparison.Ordinal) || Most[name] == 5))
            between[name].ShouldBeGreaterThan(tries / 3, $"{name}: too few answers are neither all right nor all wrong");
    }

    [Fact]
    public void Neither_the_order_of_written_objects_and_relations_nor_that_of_the_true_ones_matters()
    {
        var between = 0;
        const int tries = 300;
        Gen.Select(RewardSamples.Attempts, Gen.Int[0, int.MaxValue]).Sample((pair, seed) =>
        {
            var (truth, written) = pair;
            foreach (var scorer in (RewardScorer[])[All, AllSpacy])
            {
                var before = Score(scorer, written, truth);
                if (scorer == All && before["edge_soft"] is > 0 and < 5) Interlocked.Increment(ref between);
                var after = Score(scorer, RewardSamples.Shuffle(written, seed), truth);
                var turned = Score(scorer, written, RewardSamples.Shuffle(truth, seed));
                foreach (var (name, value) in before)
                {
                    after[name].ShouldBe(value, 1e-9, name);
                    turned[name].ShouldBe(value, 1e-9, name);
                }
            }
        }, iter: tries);
        between.ShouldBeGreaterThan(tries / 3);
    }

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
