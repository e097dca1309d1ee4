using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Tests.Python;

public sealed class PythonJsonTests
{
    [Theory]
    [InlineData("1", 1.0)]
    [InlineData(" -0 ", 0.0)]
    [InlineData("123456789012345678", 123456789012345678.0)]
    [InlineData("9007199254740993", 9007199254740992.0)]
    [InlineData("9007199254740995", 9007199254740996.0)]
    [InlineData("9999999999999999999", 1e19)]
    [InlineData("-12345678901234567890", -12345678901234567890.0)]
    [InlineData("1e400", double.PositiveInfinity)]
    [InlineData("-1E400", double.NegativeInfinity)]
    [InlineData("0.1", 0.1)]
    [InlineData("1.5e+2", 150.0)]
    [InlineData("NaN", double.NaN)]
    [InlineData("Infinity", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    public void Numbers_are_read_as_Python_reads_them(string text, double expected)
    {
        var json = new PythonJson();
        json.TryParse(text).ShouldBeTrue(json.Error?.Message);
        json[0].Number.ShouldBe(expected);
    }

    [Theory]
    [InlineData("", "Expecting value", 0)]
    [InlineData("  ", "Expecting value", 2)]
    [InlineData("-", "Expecting value", 0)]
    [InlineData("+1", "Expecting value", 0)]
    [InlineData(".5", "Expecting value", 0)]
    [InlineData("-Inf", "Expecting value", 0)]
    [InlineData("01", "Extra data", 1)]
    [InlineData("1.", "Extra data", 1)]
    [InlineData("1e", "Extra data", 1)]
    [InlineData("1 2", "Extra data", 2)]
    [InlineData("tru", "Expecting value", 0)]
    [InlineData("[1,]", "Expecting value", 3)]
    [InlineData("[1 2]", "Expecting ',' delimiter", 3)]
    [InlineData("[1", "Expecting ',' delimiter", 2)]
    [InlineData("[", "Expecting value", 1)]
    [InlineData("{", "Expecting property name enclosed in double quotes", 1)]
    [InlineData("{'a': 1}", "Expecting property name enclosed in double quotes", 1)]
    [InlineData("{\"a\" 1}", "Expecting ':' delimiter", 5)]
    [InlineData("{\"a\": 1,}", "Expecting property name enclosed in double quotes", 8)]
    [InlineData("{\"a\": }", "Expecting value", 6)]
    [InlineData("\"abc", "Unterminated string starting at", 0)]
    [InlineData("\"a\\", "Unterminated string starting at", 0)]
    [InlineData("\"a\tb\"", "Invalid control character at", 2)]
    [InlineData("\"a\\qb\"", "Invalid \\escape", 2)]
    [InlineData("\"\\u12g4\"", "Invalid \\uXXXX escape", 2)]
    [InlineData("\"\\u0041", "Invalid \\uXXXX escape", 2)]
    [InlineData("\"a\\u", "Invalid \\uXXXX escape", 3)]
    [InlineData("\"\\ud83d\\ude0", "Invalid \\uXXXX escape", 8)]
    [InlineData("\"\\u004\"", "Invalid \\uXXXX escape", 2)]
    [InlineData("\"\\u041\0\"", "Invalid \\uXXXX escape", 2)]
    [InlineData("\"\\u4\0\0\0\"", "Invalid \\uXXXX escape", 2)]
    [InlineData("\"\\u００４１\"", "Invalid \\uXXXX escape", 2)]
    [InlineData("-01", "Extra data", 2)]
    [InlineData("1.5e", "Extra data", 3)]
    [InlineData("1E+", "Extra data", 1)]
    [InlineData("{ ", "Expecting property name enclosed in double quotes", 2)]
    [InlineData("{\"a\"", "Expecting ':' delimiter", 4)]
    [InlineData("{\"a\":1 \"b\"", "Expecting ',' delimiter", 7)]
    [InlineData("[NaN", "Expecting ',' delimiter", 4)]
    [InlineData("\"a\n\"", "Invalid control character at", 2)]
    [InlineData("\"\\n\t\"", "Invalid control character at", 3)]
    [InlineData("\uFEFF1", "Unexpected UTF-8 BOM (decode using utf-8-sig)", 0)]
    [InlineData("\uFEFF", "Unexpected UTF-8 BOM (decode using utf-8-sig)", 0)]
    [InlineData(" \uFEFF1", "Expecting value", 1)]
    [InlineData("\u00a01", "Expecting value", 0)]
    [InlineData("\"😀\" x", "Extra data", 4)]
    public void Faults_are_told_in_Pythons_words_with_the_position_in_characters(string text, string message, int position)
    {
        var json = new PythonJson();
        json.TryParse(text).ShouldBeFalse();
        json.Error!.Message.ShouldBe(message);
        json.Error.Position.ShouldBe(position);
    }

    [Theory]
    [InlineData("\"a\\n\\t\\\"\\\\\\/\\b\\f\\r\"", "a\n\t\"\\/\b\f\r")]
    [InlineData("\"\\u0041\\ud83d\\ude00\"", "A😀")]
    [InlineData("\"plain\"", "plain")]
    [InlineData("\"\u007f\"", "\u007f")]
    public void Text_is_unescaped(string text, string expected)
    {
        var json = new PythonJson();
        json.TryParse(text).ShouldBeTrue(json.Error?.Message);
        json.Characters(json[0], text).ToString().ShouldBe(expected);
    }

    [Fact]
    public void Half_a_surrogate_pair_may_be_escaped()
    {
        var json = new PythonJson();
        json.TryParse("\"\\ud83d\"").ShouldBeTrue();
        json.Characters(json[0], "\"\\ud83d\"")[0].ShouldBe('\ud83d');
    }

    [Fact]
    public void Of_equal_keys_the_last_counts_also_where_one_is_escaped()
    {
        var json = new PythonJson();
        const string text = """{"a": 1, "b": [1, {"a": 7}], "\u0061": 2}""";
        json.TryParse(text).ShouldBeTrue();
        json[json.Find(0, "a", text)!.Value].Number.ShouldBe(2);
        json[json.Find(0, "b", text)!.Value].Count.ShouldBe(2);
        json.Find(0, "c", text).ShouldBeNull();
    }

    [Fact]
    public void Of_several_escaped_texts_each_is_its_own_also_in_a_text_after()
    {
        var json = new PythonJson();
        foreach (var text in (string[])["""["a\nb", "plain", "\u0041c", "d\"e"]""", """["a\tb", "\u0042"]"""])
        {
            json.TryParse(text).ShouldBeTrue();
            var expected = System.Text.Json.JsonSerializer.Deserialize<string[]>(text)!;
            Enumerable.Range(1, json[0].Count).Select(i => json.Characters(json[i], text).ToString()).ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData('\ud800', 'a')]
    [InlineData('a', '\udc00')]
    [InlineData('\udc00', '\ud800')]
    public void Half_a_surrogate_pair_is_a_character_of_its_own_in_a_position(char first, char second)
    {
        var json = new PythonJson();
        json.TryParse($"\"{first}{second}\" x").ShouldBeFalse();
        json.Error!.Position.ShouldBe(5);
    }

    [Fact]
    public void Lists_of_thousands_of_values_are_read()
    {
        var json = new PythonJson();
        json.TryParse("[" + string.Join(',', Enumerable.Range(0, 5000)) + "]").ShouldBeTrue();
        json[0].Count.ShouldBe(5000);
        json[5000].Number.ShouldBe(4999);
    }

    [Theory]
    [InlineData(PythonJson.MaxDepth, true)]
    [InlineData(PythonJson.MaxDepth + 1, false)]
    public void Containers_may_lie_inside_each_other_as_deep_as_Python_goes(int depth, bool passes)
    {
        var json = new PythonJson();
        json.TryParse(new string('[', depth) + new string(']', depth)).ShouldBe(passes);
        if (!passes) json.Error!.Fault.ShouldBe(PythonJsonFault.TooDeep);
    }

    [Theory]
    [InlineData(PythonJson.MaxIntegerDigits, true)]
    [InlineData(PythonJson.MaxIntegerDigits + 1, false)]
    public void Integers_may_have_as_many_digits_as_Python_converts(int digits, bool passes)
    {
        var json = new PythonJson();
        json.TryParse("-" + new string('7', digits)).ShouldBe(passes);
        if (!passes) json.Error!.Fault.ShouldBe(PythonJsonFault.TooManyDigits);
        json.TryParse(new string('7', digits) + ".0").ShouldBeTrue("a fraction has no such limit");
    }
}
