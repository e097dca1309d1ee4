using System.Text.Json;
using SggLab.SceneGraphs.Similarity;
using SggLab.SceneGraphs.Similarity.SpacySm;

namespace SggLab.SceneGraphs.Tests.Similarity;

public sealed class SpacySmTests
{
    [Fact]
    public void Every_phrase_is_cut_into_the_tokens_that_spaCy_makes()
    {
        var wrong = new List<string>();
        foreach (var line in Golden.Lines("similarity/tokens.jsonl"))
        {
            var text = line.GetProperty("text").GetString()!;
            var tokens = SpacySmSimilarity.Shared.Tokenize(text);
            var actual = tokens.Select(Describe).ToList();
            var expected = line.GetProperty("tokens").EnumerateArray().Select(Describe).ToList();
            if (!actual.SequenceEqual(expected)) wrong.Add($"{text}: {string.Join(' ', actual)} instead of {string.Join(' ', expected)}");
        }
        wrong.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("o.O", "o.O")]
    [InlineData("man-o.O", "man|-|o.O")]
    [InlineData("(o.O)", "(|o.O|)")]
    [InlineData("a.m.", "a.m.")]
    [InlineData("man-o.O man", "man|-|o.O|man")]
    [InlineData("(o.O) o.O", "(|o.O|)|o.O")]
    [InlineData("'em.)", "'em|.|)")]
    public void Special_cases_that_the_patterns_cut_are_put_together_again(string text, string tokens) =>
        SpacySmSimilarity.Shared.Tokenize(text).Select(t => t.Text).ShouldBe(tokens.Split('|'));

    [Theory]
    [InlineData("\U0001f600ab", "\U0001f600ab")]
    [InlineData("a\U0001f600bc", "\U0001f600bc")]
    [InlineData("\U0001f600", "\U0001f600")]
    [InlineData("ab", "ab")]
    public void The_end_of_a_word_is_its_last_three_characters_not_half_of_one(string word, string suffix) => WordFeatures.Suffix(word).ShouldBe(suffix);

    [Theory]
    [InlineData("McDonald's-4x4", "XxXxxxx'x-dxd")]
    [InlineData("aaaaaBBBBB12345!!!!!", "xxxxXXXXdddd!!!!")]
    [InlineData("²①½Ⅷ", "dd½Ⅷ")]
    [InlineData("ǅªʰ人", "xxxx")]
    [InlineData("😀😀", "😀😀")]
    public void The_shape_of_a_word_tells_its_kinds_of_characters(string word, string shape) => WordFeatures.Shape(word).ShouldBe(shape);

    [Fact]
    public void A_word_of_a_hundred_characters_has_the_shape_LONG()
    {
        WordFeatures.Shape(new string('a', 99)).ShouldBe("xxxx");
        WordFeatures.Shape(new string('a', 100)).ShouldBe("LONG");
    }

    [Fact]
    public void Every_vector_is_the_one_of_the_model()
    {
        var phrases = JsonSerializer.Deserialize<string[]>(File.ReadAllText(Golden.PathOf("similarity/vectors.phrases.json")))!;
        using var stream = File.OpenRead(Golden.PathOf("similarity/vectors.safetensors"));
        var expected = WeightFile.Load(stream)["doc_vectors"];
        var worst = 0.0;
        for (var i = 0; i < phrases.Length; i++)
        {
            var actual = SpacySmSimilarity.Shared.VectorOf(phrases[i]);
            for (var k = 0; k < 96; k++) worst = Math.Max(worst, Math.Abs(actual[k] - expected[i * 96 + k]));
        }
        worst.ShouldBeLessThan(2e-5);
    }

    [Fact]
    public void Every_pair_is_as_alike_as_spaCy_says()
    {
        foreach (var line in Golden.Lines("similarity/pairs.jsonl"))
        {
            var (a, b) = (line.GetProperty("a").GetString()!, line.GetProperty("b").GetString()!);
            SpacySmSimilarity.Shared.TryCompare(a, b, out var similarity).ShouldBeTrue();
            similarity.ShouldBe(line.GetProperty("similarity").GetDouble(), 1e-5, $"{a} | {b}");
        }
    }

    private static string Describe(SpacyToken t) => string.Join('|', t.Text, t.Norm, WordFeatures.Prefix(t.Text), WordFeatures.Suffix(t.Text), WordFeatures.Shape(t.Text), t.SpaceAfter);

    private static string Describe(JsonElement t) => string.Join('|', new[] { "text", "norm", "prefix", "suffix", "shape" }.Select(p => t.GetProperty(p).GetString()).Append(t.GetProperty("space_after").GetBoolean().ToString()));
}
