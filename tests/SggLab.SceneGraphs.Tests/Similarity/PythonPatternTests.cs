using System.Text.RegularExpressions;
using SggLab.SceneGraphs.Similarity.SpacySm;

namespace SggLab.SceneGraphs.Tests.Similarity;

/// <summary>What Python's re matches, found with Python 3.11.</summary>
public sealed class PythonPatternTests
{
    [Theory]
    [InlineData("[a-c]", "abc", "d-A")]
    [InlineData("[a-]", "a-", "b")]
    [InlineData(@"[a\-c]", "a-c", "b")]
    [InlineData(@"[\]x]", "]x", "[")]
    [InlineData(@"[\w]", "aZ1_éΣ", "- .")]
    [InlineData(@"[\d\s]", "1 \t", "a_")]
    [InlineData(@"\S", "a.", " \t\u001c\u001f")]
    [InlineData(@"\.", ".", "a")]
    [InlineData("[😀-😂]", "😀😁😂", "😃a")]
    [InlineData("[a😀]", "a😀", "b😁")]
    [InlineData(@"[\U0001f600-\U0001f602\u00e9\x41]", "😀😂éA", "😃eB")]
    [InlineData(@"\U0001f600", "😀", "😁")]
    [InlineData("[\ud7f0-\ue010]", "\ud7f0\ud7ff\ue000\ue010", "\ud7ef\ue011")]
    [InlineData("[\uff00-\U00010010]", "\uff00\U00010000\U00010010", "\ufeff\U00010011")]
    [InlineData("[\U000103f0-\U00010810]", "\U000103f0\U000103ff\U00010400\U000107ff\U00010800\U00010810", "\U000103ef\U00010811")]
    public void A_character_matches_where_it_does_in_Python(string pattern, string matching, string others)
    {
        var regex = PythonPattern.Compile($"^(?:{pattern})$");
        foreach (var rune in matching.EnumerateRunes()) regex.IsMatch(rune.ToString()).ShouldBeTrue($"{pattern} and U+{rune.Value:X4}");
        foreach (var rune in others.EnumerateRunes()) regex.IsMatch(rune.ToString()).ShouldBeFalse($"{pattern} and U+{rune.Value:X4}");
    }

    [Fact]
    public void A_mark_that_the_pattern_is_Unicode_is_left_out() => PythonPattern.Translate("(?u)x(u)").ShouldBe("x(u)");

    [Theory]
    [InlineData("a$|bc$|d$", "(?:a|bc|d)$")]
    [InlineData("a$|b", "a$|b")]
    [InlineData(@"a$|b\$", @"a$|b\$")]
    [InlineData(@"a$|b\\$", @"(?:a|b\\)$")]
    [InlineData("(a|b)$|c$", "(?:(a|b)|c)$")]
    [InlineData("[|]$|c$", "(?:[|]|c)$")]
    [InlineData("[(]$|c$", "(?:[(]|c)$")]
    [InlineData(@"\($|\[$|\|$", @"(?:\(|\[|\|)$")]
    [InlineData("a$", "a$")]
    public void Alternatives_that_all_lead_to_the_end_share_it(string pattern, string joined)
    {
        PythonPattern.JoinEnds(pattern).ShouldBe(joined);
        foreach (var text in (string[])["a", "bc", "b", "c", "d", "xa", "ax", "xd", "b$", "b\\", "|", "(", "["]) Regex.Match(text, joined).Value.ShouldBe(Regex.Match(text, pattern).Value, text);
    }
}
