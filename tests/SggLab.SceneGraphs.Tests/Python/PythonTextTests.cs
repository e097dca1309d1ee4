using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Tests.Python;

public sealed class PythonTextTests
{
    [Theory]
    [InlineData("Man", "man")]
    [InlineData("ÉCOLE", "école")]
    [InlineData("İ", "i\u0307")]
    [InlineData("ΟΔΟΣ", "οδος")]
    [InlineData("ΟΔΟΣ ΣΑΣ", "οδος σας")]
    [InlineData("Σ", "σ")]
    [InlineData("ΑΣ'", "ας'")]
    [InlineData("ΑΣ.Β", "ασ.β")]
    [InlineData("𐐀", "𐐨")]
    public void Lower_case_is_Pythons(string text, string expected) => PythonText.Lower(text).ShouldBe(expected);

    [Fact]
    public void Half_a_surrogate_pair_stays_as_it_is() => PythonText.Lower("A\ud800B").Equals("a\ud800b", StringComparison.Ordinal).ShouldBeTrue();

    [Theory]
    [InlineData("\u001c\u0085\u00a0 man\u2028\u3000\t", "man")]
    [InlineData("\u200bman\ufeff", "\u200bman\ufeff")]
    [InlineData("   ", "")]
    public void Strip_takes_what_Python_takes(string text, string expected) => PythonText.Strip(text).ToString().ShouldBe(expected);

    [Fact]
    public void Split_parts_at_any_white_space() => PythonText.Split(" a\u00a0b\t\tc\u001f").ShouldBe(["a", "b", "c"]);

    [Theory]
    [InlineData("Wall-Other_merged.2 ", "wall other merged.2")]
    [InlineData("_man_", "man")]
    [InlineData("man .1", "man .1")]
    public void Names_are_refined_as_by_the_reference(string raw, string refined) => GraphNames.Refine(raw).ShouldBe(refined);

    [Theory]
    [InlineData("man.1", "man")]
    [InlineData("man", "man")]
    [InlineData(".1", "")]
    [InlineData("man .1.2", "man ")]
    public void A_category_ends_at_the_first_dot(string id, string category) => GraphNames.CategoryOf(id).ShouldBe(category);
}
