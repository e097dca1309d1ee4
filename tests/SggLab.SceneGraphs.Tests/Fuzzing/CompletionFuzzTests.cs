using SggLab.SceneGraphs.Completions;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Tests.Fuzzing;

public sealed class CompletionFuzzTests
{
    /// <summary>What docs/rewards.md promises.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromMilliseconds(10);

    // More of them, from another start, in a nightly run: `sgglab check fuzz`.
    private static readonly int Cases = int.TryParse(Environment.GetEnvironmentVariable("SGGLAB_FUZZ_CASES"), out var wanted) ? wanted : 100_000;
    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("SGGLAB_FUZZ_SEED"), out var seed) ? seed : 20260101;

    private static readonly RewardScorer Exact = RewardScorer.Create(RewardVariants.ReferenceSix, new ExactSimilarity());
    private static readonly RewardScorer Spacy = RewardScorer.Create(Everything, SpacySmSimilarity.Shared);

    private static RewardVariant Everything => new() { Name = "everything", Terms = [.. RewardFunctions.All.Select(f => new RewardTerm(f))] };

    [Fact]
    public void A_hundred_thousand_spoiled_completions_are_scored_and_read_in_time_and_without_a_crash()
    {
        var completions = new SpoiledCompletions(new Random(Seed));
        var slow = new SlowOnes(Promised);
        for (var i = 0; i < Cases; i++)
        {
            var (text, truth) = completions.Next();
            Check(i % 10 == 0 ? Spacy : Exact, text, truth, slow);
        }
        slow.ShouldBeNone();
    }

    [Fact]
    public void Completions_made_to_cost_much_are_scored_and_read_in_time()
    {
        var completions = new HostileCompletions(new Random(Seed));
        var slow = new SlowOnes(Promised);
        for (var i = 0; i < Math.Max(20, Cases / 100); i++)
        {
            var (text, truth) = completions.Next();
            // Names met for the first time have a promise of their own, below.
            Spacy.Score(text, truth, 1000, 1000);
            Check(Spacy, text, truth, slow);
        }
        slow.ShouldBeNone();
    }

    private static void Check(RewardScorer scorer, string text, SceneGraph truth, SlowOnes slow)
    {
        RewardScore? score = null;
        ParsedCompletion? parsed = null;
        slow.Time(text, () =>
        {
            score = scorer.Score(text, truth, 1000, 1000);
            parsed = CompletionParser.Parse(text, 640, 480);
        });
        foreach (var (name, value) in score!.Parts)
        {
            // A cosine may be negative, and so may what is made of it.
            if (!(value >= -5.000001 && value <= 5.000001)) throw new InvalidOperationException($"{name} gave {value} for {text}");
        }
        (parsed!.Failure is null || parsed.Graph.Objects.Count == 0).ShouldBeTrue();
    }

    [Fact]
    public void A_name_met_for_the_first_time_is_compared_in_time_whatever_it_is_made_of()
    {
        var names = new HostileCompletions(new Random(Seed));
        var slow = new SlowOnes(Promised);
        for (var i = 0; i < Math.Max(20, Cases / 200); i++)
        {
            var name = names.Name();
            if (name.Length > DocSimilarity.LongestName) name = name[..DocSimilarity.LongestName];
            slow.Time(name, () => SpacySmSimilarity.Shared.VectorOf(name));
        }
        slow.ShouldBeNone();
    }
}
