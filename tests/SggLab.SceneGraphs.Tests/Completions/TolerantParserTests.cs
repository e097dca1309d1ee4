using SggLab.SceneGraphs.Completions;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Tests.Completions;

public sealed class TolerantParserTests
{
    private const string Whole = """{"objects": [{"id": "man.1", "bbox": [100, 200, 300, 400]}, {"id": "Dining-Table.2", "bbox": [0, 0, 500, 500]}], "relationships": [{"subject": "man.1", "predicate": "at", "object": "Dining-Table.2"}]}""";

    private static readonly SceneGraph Graph = new(
        [new("man.1", new(64, 96, 192, 192)), new("dining table.2", new(0, 0, 320, 240))],
        [new("man.1", "at", "dining table.2")]);

    public static TheoryData<string, string> Mended => new()
    {
        { "<answer>" + Whole.Replace("}]}", "},]}", StringComparison.Ordinal), "A comma was too many." },
        { Whole.Replace('"', '\''), "Single quotes stood for double ones." },
        { "Here you are: " + Whole + " I hope it helps.", "Text around the graph was passed over." },
        { Whole[..^2], "The end was missing: open brackets were closed." },
        { Whole.Replace("}, {", "} {", StringComparison.Ordinal), "A comma was missing." },
        { Whole.Replace("\"objects\"", "objects", StringComparison.Ordinal), "A key had no quotes." },
        { Whole.Replace("[100, 200, 300, 400]", "[[100, 200], [300, 400]]", StringComparison.Ordinal), "A box of nested lists was flattened." },
        { Whole.Replace("100", "\"100\"", StringComparison.Ordinal), "A number was written as text." },
    };

    [Theory]
    [MemberData(nameof(Mended))]
    public void A_slip_of_form_is_mended_and_told(string response, string repair)
    {
        var tolerant = TolerantParser.Parse(response, 640, 480);
        tolerant.Graph.Objects.ShouldBe(Graph.Objects);
        tolerant.Graph.Relationships.ShouldBe(Graph.Relationships);
        tolerant.Repairs.ShouldContain(repair);
        CompletionParser.Parse(response, 640, 480).Failure.ShouldNotBeNull("the reference refuses it");
    }

    [Fact]
    public void What_the_reference_reads_is_read_the_same_and_nothing_is_mended()
    {
        var tolerant = TolerantParser.Parse("```json\n" + Whole + "\n```", 640, 480);
        tolerant.Graph.Objects.ShouldBe(Graph.Objects);
        tolerant.Repairs.ShouldBeEmpty();
    }

    [Fact]
    public void A_truncated_list_keeps_what_was_complete()
    {
        var cut = Whole.IndexOf("[0, 0, 500", StringComparison.Ordinal) + 4;
        var tolerant = TolerantParser.Parse("<think>…</think><answer>" + Whole[..cut], 640, 480);
        tolerant.Graph.Objects.ShouldBe([Graph.Objects[0]]);
        tolerant.Graph.Relationships.ShouldBeEmpty();
        tolerant.Repairs.ShouldContain("An object without an id or a box of four numbers was left out.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("I see a man.")]
    [InlineData("{")]
    [InlineData("[[[[[[")]
    public void Where_there_is_no_graph_nothing_is_made_up(string response)
    {
        var tolerant = TolerantParser.Parse(response, 640, 480);
        tolerant.Graph.Objects.ShouldBeEmpty();
        tolerant.Repairs.ShouldBe(["There is no object with \"objects\" or \"relationships\" in it."]);
    }

    [Fact]
    public void Every_completion_of_the_golden_file_is_read_in_the_end()
    {
        foreach (var line in Golden.Lines("sgg/parse-cases.jsonl"))
        {
            var response = line.GetProperty("response").GetRawText().Unquote();
            var strict = CompletionParser.Parse(response, 640, 480);
            var tolerant = TolerantParser.Parse(response, 640, 480);
            if (strict.Failure is null) tolerant.Graph.Objects.Count.ShouldBe(strict.Graph.Objects.Count);
            else tolerant.Repairs.ShouldNotBeEmpty(line.GetProperty("case").GetString());
        }
    }

    [Theory]
    [InlineData('{')]
    [InlineData('[')]
    [InlineData('"')]
    [InlineData(',')]
    public void A_million_marks_end_in_a_moment(char mark)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        TolerantParser.Parse("{\"objects\": [" + new string(mark, 1_000_000), 640, 480);
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }
}
