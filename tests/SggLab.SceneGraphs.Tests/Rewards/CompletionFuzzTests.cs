using System.Diagnostics;
using SggLab.SceneGraphs.Completions;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Tests.Rewards;

public sealed class CompletionFuzzTests
{
    private static readonly string[] Pieces =
        ["\"", "{", "}", "[", "]", ",", ":", "null", "NaN", "-Infinity", "1e999", "<answer>", "</answer>", "<think>", "</think>", "```", "json", "\\ud800", "\\", "\0", "\u0130", "Σ", "😀", ".", "-", "99999999999999999999999", "\"objects\"", "\"bbox\"", "\"id\": 5"];

    [Fact]
    public void A_hundred_thousand_spoiled_completions_are_scored_and_read_without_a_crash()
    {
        var cases = Golden.Lines("rewards/cases.jsonl").Select(l => (Completion: l.GetProperty("completion").GetString()!, Truth: l.GetProperty("ground_truth").Graph())).ToList();
        var scorer = RewardScorer.Create(RewardVariants.ReferenceSix, new ExactSimilarity());
        // More of them, from another start, in a nightly run.
        var count = int.TryParse(Environment.GetEnvironmentVariable("SGGLAB_FUZZ_CASES"), out var wanted) ? wanted : 100_000;
        var random = new Random(count == 100_000 ? 20260101 : Environment.TickCount);
        var watch = new Stopwatch();
        var slow = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var (completion, truth) = cases[random.Next(cases.Count)];
            var text = Spoil(completion, random);
            watch.Restart();
            var score = scorer.Score(text, truth, 1000, 1000);
            var parsed = CompletionParser.Parse(text, 640, 480);
            if (watch.ElapsedMilliseconds > 500) slow.Add(text);
            foreach (var (name, value) in score.Parts)
                if (!(value >= 0 && value <= 5.000001)) throw new InvalidOperationException($"{name} gave {value} for {text}");
            (parsed.Failure is null || parsed.Graph.Objects.Count == 0).ShouldBeTrue();
        }
        // A loaded machine may stop any one of them for long; a slow text would be slow for its many neighbours too.
        slow.Count.ShouldBeLessThan(5 + count / 100_000);
    }

    private static string Spoil(string text, Random random)
    {
        var times = random.Next(1, 4);
        for (var i = 0; i < times && text.Length > 2; i++)
        {
            var at = random.Next(text.Length);
            var length = Math.Min(random.Next(1, 20), text.Length - at);
            text = random.Next(6) switch
            {
                0 => text[..at],
                1 => text.Remove(at, length),
                2 => text.Insert(at, Pieces[random.Next(Pieces.Length)]),
                3 => text.Insert(at, text.Substring(random.Next(text.Length - length), length)),
                4 => string.Concat(text.AsSpan(0, at), ((char)random.Next(1, 0xffff)).ToString(), text.AsSpan(at + 1)),
                _ => text.Remove(at, length).Insert(at, Pieces[random.Next(Pieces.Length)]),
            };
        }
        return text;
    }

    public static TheoryData<string, string> Giants => new()
    {
        { "deep lists", new string('[', 5_000_000) },
        { "json again and again", string.Concat(Enumerable.Repeat("json", 2_000_000)) },
        { "fences", new string('`', 9_000_000) },
        { "empty lists", "{\"objects\": [" + string.Concat(Enumerable.Repeat("[],", 2_000_000)) + "[]], \"relationships\": []}" },
        { "tags", string.Concat(Enumerable.Repeat("<think></think> <answer>", 300_000)) },
        { "one long name", "{\"objects\": [{\"id\": \"" + new string('a', 9_000_000) + "\", \"bbox\": [1, 2, 3, 4]}], \"relationships\": []}" },
        { "a long name of marks", "{\"objects\": [{\"id\": \"" + new string('!', 5_000_000) + "\", \"bbox\": [1, 2, 3, 4]}], \"relationships\": []}" },
        { "a number", "{\"objects\": [], \"relationships\": " + new string('1', 5_000_000) + "}" },
        { "many relations", Many() },
        { "too long", new string(' ', CompletionParser.MaxLength + 1) },
    };

    [Theory]
    [MemberData(nameof(Giants))]
    public void Megabytes_of_text_end_in_a_moment(string what, string text)
    {
        var truth = new SceneGraph([new("man.1", new(0, 0, 0.5, 0.5)), new("horse.2", new(0, 0, 1, 1))], [new("man.1", "on", "horse.2")]);
        var watch = Stopwatch.StartNew();
        RewardScorer.Create(RewardVariants.ReferenceSix, SpacySmSimilarity.Shared).Score(text, truth, 1000, 1000);
        CompletionParser.Parse(text, 640, 480);
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20), what);
    }

    [Fact]
    public void A_completion_past_the_limit_earns_nothing_and_is_said_to_be_too_long()
    {
        var text = "{\"objects\": [], \"relationships\": []}" + new string(' ', CompletionParser.MaxLength);
        CompletionParser.Parse(text, 640, 480).Failure!.Kind.ShouldBe(CompletionFailureKind.TooLong);
        CompletionParser.Parse(text[..CompletionParser.MaxLength], 640, 480).Failure.ShouldBeNull();
        RewardScorer.Create("soft_recall", new ExactSimilarity()).Score("<think></think><answer>" + text + "</answer>", SceneGraph.Empty, 1000, 1000).Total.ShouldBe(0);
    }

    private static string Many() =>
        "{\"objects\": [" + string.Join(',', Enumerable.Range(0, 40_000).Select(i => $$"""{"id": "a.{{i}}", "bbox": [1, 2, 3, 4]}"""))
        + "], \"relationships\": [" + string.Join(',', Enumerable.Range(0, 40_000).Select(i => $$"""{"subject": "a.{{i}}", "predicate": "on", "object": "a.{{40_000 - i - 1}}"}""")) + "]}";
}
