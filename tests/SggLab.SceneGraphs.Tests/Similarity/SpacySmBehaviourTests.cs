using CsCheck;
using SggLab.SceneGraphs.Similarity;
using SggLab.SceneGraphs.Tests.Fuzzing;

namespace SggLab.SceneGraphs.Tests.Similarity;

public sealed class SpacySmBehaviourTests
{
    private static double Compare(string a, string b)
    {
        SpacySmSimilarity.Shared.TryCompare(a, b, out var similarity).ShouldBeTrue();
        return similarity;
    }

    [Fact]
    public void Similarity_is_symmetric_and_never_more_than_one() =>
        Gen.Select(Gen.String[Gen.Char["abc -.'’1\t"], 0, 12], Gen.String[Gen.Char["abc -.'’1\t"], 0, 12]).Sample((a, b) =>
        {
            Compare(a, b).ShouldBeInRange(-1 - 1e-9, 1 + 1e-9);
            Compare(a, b).ShouldBe(Compare(b, a));
            Compare(a, a).ShouldBe(1);
        }, iter: 300, threads: 1);

    [Fact]
    public void Nothing_is_like_nothing_and_unlike_everything()
    {
        Compare("", "").ShouldBe(1);
        Compare("", "man").ShouldBe(0);
        Compare("man ", "man").ShouldBe(1);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_where_spaCy_raises()
    {
        SpacySmSimilarity.Shared.TryCompare("\ud800", "man", out _).ShouldBeFalse();
        SpacySmSimilarity.Shared.TryCompare("man", "a\udc00b", out _).ShouldBeFalse();
        SpacySmSimilarity.Shared.TryCompare("😀", "man", out _).ShouldBeTrue();
    }

    [Fact]
    public void A_name_is_compared_by_its_first_two_hundred_characters_and_never_cut_inside_one()
    {
        var long199 = new string('a', 199);
        Doc.Similarity(SpacySmSimilarity.Shared.DocOfName(long199 + "bc")!, SpacySmSimilarity.Shared.DocOfName(long199 + "bd")!).ShouldBe(1);
        Doc.Similarity(SpacySmSimilarity.Shared.DocOfName(long199 + "b")!, SpacySmSimilarity.Shared.DocOfName(long199 + "c")!).ShouldBeLessThan(1);
        Doc.Similarity(SpacySmSimilarity.Shared.DocOfName(long199 + "😀")!, SpacySmSimilarity.Shared.DocOfName(long199)!).ShouldBe(1);
    }

    [Fact]
    public void Of_a_giant_text_only_the_first_characters_are_read()
    {
        var start = string.Concat(Enumerable.Repeat("man ", SpacySmSimilarity.MaxLength / 4));
        Compare(start + "horse", start + "zebra").ShouldBe(1);
        Compare(start[..^10] + "horse", start[..^10] + "zebra").ShouldBeLessThan(1);
    }

    [Theory]
    [InlineData("!")]
    [InlineData("'s")]
    [InlineData("a:")]
    [InlineData(":a@")]
    [InlineData(".")]
    [InlineData(".:")]
    [InlineData("a.")]
    [InlineData("😀")]
    public void A_giant_text_of_anything_is_compared_in_a_moment(string piece) =>
        CpuTime.Of(() => Compare(string.Concat(Enumerable.Repeat(piece, 100_000)), "man")).ShouldBeLessThan(TimeSpan.FromSeconds(5));
}
