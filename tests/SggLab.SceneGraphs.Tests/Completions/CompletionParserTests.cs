using SggLab.SceneGraphs.Completions;

namespace SggLab.SceneGraphs.Tests.Completions;

public sealed class CompletionParserTests
{
    private static ParsedCompletion WithBox(string box) => CompletionParser.Parse("{\"objects\": [{\"id\": \"a.1\", \"bbox\": " + box + "}], \"relationships\": []}", 640, 480);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_whole_number_that_fits_no_double_fails_wherever_it_stands(int place)
    {
        string With(string number) => "[" + string.Join(", ", Enumerable.Range(0, 4).Select(i => i == place ? number : "1")) + "]";
        WithBox(With(new string('9', 400))).Failure!.KindName.ShouldBe("wrong_structure");
        WithBox(With(new string('9', 400) + ".0")).Failure.ShouldBeNull("a fraction becomes infinite");
        WithBox(With("true")).Failure.ShouldBeNull("a boolean is a number in Python");
        WithBox(With("\"1\"")).Failure!.KindName.ShouldBe("box_values");
    }

    [Theory]
    [InlineData("\"😀😀😀😀\"", "box_values")]
    [InlineData("\"😀😀\"", "box_length")]
    [InlineData("\"abc\\ud83d\"", "box_values")]
    [InlineData("{\"a\": 1, \"b\": 2, \"c\": 3, \"d\": 4}", "box_values")]
    [InlineData("{\"a\": 1, \"b\": {\"x\": 2}, \"c\": 3, \"d\": 4}", "box_values")]
    [InlineData("{\"a\": 1, \"b\": 2, \"c\": 3, \"a\": 4}", "box_length")]
    [InlineData("[]", "box_length")]
    [InlineData("[1, 2, 3, 4, 5]", "box_length")]
    [InlineData("4", "wrong_structure")]
    [InlineData("null", "wrong_structure")]
    public void What_stands_for_a_box_has_the_length_that_Python_gives_it(string box, string kind) => WithBox(box).Failure!.KindName.ShouldBe(kind);

    [Theory]
    [InlineData("{\"bbox\": [1, 2, 3, 4]}", "Object 1 has no id; wanted text such as \"man.1\".")]
    [InlineData("{\"id\": 7, \"bbox\": [1, 2, 3, 4]}", "Object 1 has a number as its id; wanted text such as \"man.1\".")]
    [InlineData("{\"id\": \"a.1\"}", "Object 1 has no \"bbox\".")]
    [InlineData("7", "Object 1 is a number; wanted an object with \"id\" and \"bbox\".")]
    public void An_object_that_is_none_is_told_with_its_number(string thing, string message) =>
        CompletionParser.Parse("{\"objects\": [" + thing + "], \"relationships\": []}", 640, 480).Failure!.Message.ShouldBe(message);

    [Fact]
    public void Reading_one_completion_after_the_other_takes_little_memory()
    {
        const string completion = """<answer>{"objects": [{"id": "a.1", "bbox": [1, 2, 3, 4]}], "relationships": []}</answer>""";
        long Spent()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            CompletionParser.Parse(completion, 640, 480);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        // Others read at the same time, and may have taken the reader that was put back.
        Enumerable.Range(0, 200).Min(_ => Spent()).ShouldBeLessThan(2000);
    }
}
