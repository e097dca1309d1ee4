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
    [InlineData("𐐀Σ", "𐐨ς")]
    [InlineData("αΣ𐐀", "ασ𐐨")]
    [InlineData("α😀Σ", "α😀σ")]
    public void Lower_case_is_Pythons(string text, string expected) => PythonText.Lower(text).ShouldBe(expected);

    [Fact]
    public void Half_a_surrogate_pair_stays_as_it_is() => PythonText.Lower("A\ud800B").Equals("a\ud800b", StringComparison.Ordinal).ShouldBeTrue();

    [Theory]
    [InlineData("\u001c\u0085\u00a0 man\u2028\u3000\t", "man")]
    [InlineData("\u200bman\ufeff", "\u200bman\ufeff")]
    [InlineData("   ", "")]
    public void Strip_takes_what_Python_takes(string text, string expected) => PythonText.Strip(text).ToString().ShouldBe(expected);

    [Fact]
    public void White_space_is_what_Python_takes_for_it_and_nothing_else()
    {
        const string spaces = "\t\n\v\f\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";
        string.Concat(Enumerable.Range(0, 0x10000).Select(c => (char)c).Where(PythonText.IsSpace)).ShouldBe(spaces);
    }

    // Characters that Unicode calls cased or case-ignorable though their category does not say so, and neighbours that are neither.
    [Theory]
    [InlineData("\u00aa\u00ba\u2160\u216f\u2170\u217f\u24b6\u24cf\u24d0\u24e9", "ς")]
    [InlineData("\u00a9\u00bb\u215f\u2180\u24b5\u24ea\u4e2d1 ", "σ")]
    public void A_capital_sigma_is_final_after_what_is_cased(string before, string expected)
    {
        foreach (var c in before) PythonText.Lower(c + "Σ")[^1].ToString().ShouldBe(expected, $"U+{(int)c:X4}");
        foreach (var c in before) PythonText.Lower("αΣ" + c)[1].ToString().ShouldBe(expected == "ς" ? "σ" : "ς", $"U+{(int)c:X4} after");
    }

    [Theory]
    [InlineData("'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a\u00ad\u0301\u02b0\u02c6\u0345\u20dd", "ς")]
    [InlineData("\"-;,!\u00b6\u2017\u201a\u2025\u2028\ufe12\ufe53\uff08", "σ")]
    public void What_is_case_ignorable_is_looked_through(string between, string expected)
    {
        foreach (var c in between) PythonText.Lower("α" + c + c + "Σ")[^1].ToString().ShouldBe(expected, $"U+{(int)c:X4}");
        foreach (var c in between) PythonText.Lower("αΣ" + c + "α")[1].ToString().ShouldBe(expected == "ς" ? "σ" : "ς", $"U+{(int)c:X4} after");
    }

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
