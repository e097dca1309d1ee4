using SggLab.SceneGraphs.Completions;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Tests.Fuzzing;

public sealed class GiantCompletionTests
{
    private static readonly SceneGraph Truth = new([new("man.1", new(0, 0, 0.5, 0.5)), new("horse.2", new(0, 0, 1, 1))], [new("man.1", "on", "horse.2")]);

    public static TheoryData<string, string> Giants => new()
    {
        { "deep lists", Repeat("[", 9_000_000) },
        { "deep objects", Repeat("{\"a\":", 9_000_000) },
        { "json again and again", Repeat("json", 9_000_000) },
        { "fences", Repeat("`", 9_000_000) },
        { "empty lists", "{\"objects\": [" + Repeat("[],", 9_000_000) + "[]], \"relationships\": []}" },
        { "tags", Repeat("<think></think> <answer>", 9_000_000) },
        { "closing tags and space", "<think>" + Repeat("</think>        ", 9_000_000) + "</answer>" },
        { "one long name", WithName(Repeat("a", 9_000_000)) },
        { "a long name of marks", WithName(Repeat("!", 9_000_000)) },
        { "a long name of sigmas", WithName(Repeat("Σ'", 9_000_000)) },
        { "an escaped name", WithName(Repeat("\\u0041", 9_000_000)) },
        { "keys", "{\"objects\": [{" + Repeat("\"k\": 1,", 9_000_000) + "\"id\": \"a\", \"bbox\": [1, 2, 3, 4]}], \"relationships\": []}" },
        { "a whole number", "{\"objects\": [], \"relationships\": " + Repeat("1", 5_000_000) + "}" },
        { "a fraction", "{\"objects\": [{\"id\": \"a\", \"bbox\": [0." + Repeat("1234567890", 9_000_000) + ", 2, 3, 4]}], \"relationships\": []}" },
        { "many relations", Many(40_000, i => $"a.{i}", _ => "on") },
        { "one id for all", Many(60_000, _ => "man.1", _ => "on") },
        { "invented names", Many(20_000, i => $"nam{i}.1", i => $"pre{i}") },
        { "invented names of marks", Many(10_000, i => $":!?;{i}{Repeat(":.!", 200)}.1", _ => "on") },
        { "too long", Repeat(" ", CompletionParser.MaxLength + 1) },
    };

    [Theory]
    [MemberData(nameof(Giants))]
    public void Megabytes_of_text_end_in_a_moment(string what, string text)
    {
        var scorer = RewardScorer.Create(RewardVariants.ReferenceSix, SpacySmSimilarity.Shared);
        CpuTime.Of(() =>
        {
            scorer.Score(text, Truth, 1000, 1000);
            CompletionParser.Parse(text, 640, 480);
        }).ShouldBeLessThan(TimeSpan.FromSeconds(8), what);
    }

    [Fact]
    public void A_completion_past_the_limit_earns_nothing_and_is_said_to_be_too_long()
    {
        var text = "{\"objects\": [], \"relationships\": []}" + new string(' ', CompletionParser.MaxLength);
        CompletionParser.Parse(text, 640, 480).Failure!.Kind.ShouldBe(CompletionFailureKind.TooLong);
        CompletionParser.Parse(text[..CompletionParser.MaxLength], 640, 480).Failure.ShouldBeNull();
        RewardScorer.Create("soft_recall", new ExactSimilarity()).Score("<think></think><answer>" + text + "</answer>", SceneGraph.Empty, 1000, 1000).Total.ShouldBe(0);
    }

    [Fact]
    public void Names_past_the_limit_of_a_case_are_like_nothing_but_themselves()
    {
        var scorer = RewardScorer.Create(RewardVariants.ReferenceSix, SpacySmSimilarity.Shared);
        var far = new SceneObject("zebra.1", new(0, 0, 1, 1));
        double Category(int inventedNames, string last)
        {
            var invented = Enumerable.Range(0, inventedNames).Select(i => $$"""{"id": "{{new string((char)('a' + i % 26), 190)}}{{i:D6}}", "bbox": [0, 0, 0, 0]},""");
            var text = "{\"objects\": [" + string.Concat(invented) + "{\"id\": \"" + last + "\", \"bbox\": [0, 0, 1000, 1000]}], \"relationships\": []}";
            return scorer.Score(text, new SceneGraph([far], []), 1000, 1000).Parts["node_category"];
        }

        Category(10, "zebra.9").ShouldBe(2, 1e-9);
        Category(400, "zebra.9").ShouldBe(2, 1e-9, "the true name was compared first");
        Category(10, "zebras.9").ShouldBeGreaterThan(0.5);
        Category(400, "zebras.9").ShouldBe(0);
        Category(10, "zebras.9").ShouldBeGreaterThan(0.5, "the next case starts anew");
    }

    private static string WithName(string name) => "{\"objects\": [{\"id\": \"" + name + "\", \"bbox\": [1, 2, 3, 4]}], \"relationships\": []}";

    private static string Repeat(string piece, int length) => string.Concat(Enumerable.Repeat(piece, length / piece.Length));

    private static string Many(int count, Func<int, string> id, Func<int, string> predicate) =>
        "{\"objects\": [" + string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"id": "{{id(i)}}", "bbox": [1, 2, 3, 4]}"""))
        + "], \"relationships\": [" + string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"subject": "{{id(i)}}", "predicate": "{{predicate(i)}}", "object": "{{id(count - i - 1)}}"}""")) + "]}";
}
