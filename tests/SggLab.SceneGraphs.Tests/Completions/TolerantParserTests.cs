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
        { Whole.Replace("}]}", "}, ]}", StringComparison.Ordinal), "A comma was too many." },
        { Whole.Replace("[{\"subject\"", "[, {\"subject\"", StringComparison.Ordinal), "A comma was too many." },
        { Whole.Replace("\"objects\":", "\"objects\"", StringComparison.Ordinal), "A colon was missing." },
        { Whole.Replace("300, 400]", "300, 400}", StringComparison.Ordinal), "A bracket of the wrong kind closed a list or an object." },
        { Whole.Replace("{\"id\"", "{\"note\": nothing, \"id\"", StringComparison.Ordinal), "A word that is no value was passed over." },
        { Whole[..^4], "A text had no closing quote." },
        { Whole[..^3], "The end was missing: open brackets were closed." },
        { "{\"caption\": \"a man\"} " + Whole, "Text around the graph was passed over." },
        { "<think>{\"objects\": [], \"relationships\": []}</think><answer>" + Whole[..^1], "The end was missing: open brackets were closed." },
        { Whole + "x", "Text around the graph was passed over." },
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

    [Theory]
    [InlineData("<think>I see {nothing} much.</think>", "")]
    [InlineData("<THINK></THINK>\n<Answer>```json\n", "\n```</Answer><|im_end|>")]
    [InlineData("  ", "\n")]
    public void Thoughts_tags_and_fences_around_a_graph_are_no_text_that_is_passed_over(string before, string after) =>
        TolerantParser.Parse(before + Whole.Replace("}]}", "}],}", StringComparison.Ordinal) + after, 640, 480).Repairs.ShouldBe(["A comma was too many."]);

    [Theory]
    [InlineData("</think>x", "")]
    [InlineData("<think>…</think> so: <answer>", "</answer>")]
    [InlineData("<answer>", "</answer>.")]
    public void Even_a_character_that_belongs_to_nothing_is_told(string before, string after) =>
        TolerantParser.Parse(before + Whole.Replace("}]}", "}],}", StringComparison.Ordinal) + after, 640, 480).Repairs.ShouldBe(["A comma was too many.", "Text around the graph was passed over."]);

    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("false")]
    public void A_value_that_JSON_knows_is_no_repair(string value) =>
        TolerantParser.Parse(Whole.Replace("{\"id\"", "{\"note\": " + value + ", \"id\"", StringComparison.Ordinal)[..^1], 640, 480).Repairs.ShouldBe(["The end was missing: open brackets were closed."]);

    [Fact]
    public void What_only_the_reference_minds_is_told_in_its_words()
    {
        var tolerant = TolerantParser.Parse(Whole.Replace("man.1", "ma\tn.1", StringComparison.Ordinal), 640, 480);
        tolerant.Graph.Objects[0].Id.ShouldBe("ma\tn.1");
        tolerant.Repairs.ShouldHaveSingleItem().ShouldStartWith("The reference refuses it: Invalid control character");
    }

    [Theory]
    [InlineData("\"id\": \"a\\\"b.1\"", "a\"b.1")]
    [InlineData("\"id\": \"first.1\", \"id\": \"second.2\"", "second.2")]
    [InlineData("'id': 'Tall_Man.1'", "tall man.1")]
    public void Ids_are_read_with_their_escapes_the_last_of_equal_keys_and_normalised(string id, string expected) =>
        TolerantParser.Parse("{\"objects\": [{" + id + ", \"bbox\": [1, 2, 3, 4],}], \"relationships\": []}", 1000, 1000).Graph.Objects.ShouldBe([new SceneObject(expected, new(1, 2, 3, 4))]);

    [Theory]
    [InlineData("caf\\u00e9.1", "café.1")]
    [InlineData("caf\\u00E9.1", "café.1")]
    [InlineData("\\ud83d\\ude00.1", "😀.1")]
    [InlineData("a\\nb\\tc\\rd\\be\\ff.1", "a\nb\tc\rd\be\ff.1")]
    [InlineData("a\\/b\\\\c\\\"d.1", "a/b\\c\"d.1")]
    public void Escapes_are_read_as_JSON_has_them(string written, string expected)
    {
        var tolerant = TolerantParser.Parse("{\"objects\": [{\"id\": \"" + written + "\", \"bbox\": [1, 2, 3, 4]},], \"relationships\": []}", 1000, 1000);
        tolerant.Graph.Objects.ShouldBe([new SceneObject(expected, new(1, 2, 3, 4))]);
        tolerant.Repairs.ShouldBe(["A comma was too many."]);
    }

    [Theory]
    [InlineData("\"a\\qb.1\"", "a\\qb.1")]
    [InlineData("\"a\\u12g4.1\"", "a\\u12g4.1")]
    [InlineData("\"a\\u00e\"", "a\\u00e")]
    [InlineData("\"a\\u041\0.1\"", "a\\u041\0.1")]
    public void An_escape_that_JSON_does_not_have_is_kept_and_told(string written, string expected)
    {
        var tolerant = TolerantParser.Parse("{\"objects\": [{\"id\": " + written + ", \"bbox\": [1, 2, 3, 4]}], \"relationships\": []}", 1000, 1000);
        tolerant.Graph.Objects.ShouldBe([new SceneObject(expected, new(1, 2, 3, 4))]);
        tolerant.Repairs.ShouldBe(["An escape that JSON does not have was kept as it stood."]);
    }

    [Theory]
    [InlineData('\'', "Single quotes stood for double ones.")]
    [InlineData('"', "A quote was escaped that needs no escape.")]
    public void An_escaped_single_quote_is_that_quote(char quotes, string repair)
    {
        var tolerant = TolerantParser.Parse("{'objects': [{'id': 'man\\#s hat.1', 'bbox': [1, 2, 3, 4]}], 'relationships': []}".Replace('\'', quotes).Replace('#', '\''), 1000, 1000);
        tolerant.Graph.Objects.Single().Id.ShouldBe("man's hat.1");
        tolerant.Repairs.ShouldBe([repair]);
    }

    [Theory]
    [InlineData("\\")]
    [InlineData("\\u")]
    [InlineData("\\u00")]
    [InlineData("\\u00e9")]
    public void A_text_that_ends_within_an_escape_keeps_what_there_is(string cut) =>
        TolerantParser.Parse("{\"objects\": [], \"relationships\": [], \"note\": \"" + cut, 1000, 1000).Repairs.ShouldContain("A text had no closing quote.");

    [Theory]
    [InlineData("[1, 2, 3]")]
    [InlineData("[1, 2, 3, 4, 5]")]
    [InlineData("[1, 2, 3, \"wide\"]")]
    [InlineData("[1, 2, 3, 1e999]")]
    [InlineData("[1, 2, 3, \"1e999\"]")]
    [InlineData("\"1, 2, 3, 4\"")]
    public void A_box_that_is_none_leaves_its_object_out(string box)
    {
        var tolerant = TolerantParser.Parse("{\"objects\": [{\"id\": \"a.1\", \"bbox\": " + box + "}], \"relationships\": [],}", 1000, 1000);
        tolerant.Graph.Objects.ShouldBeEmpty();
        tolerant.Repairs.ShouldContain("An object without an id or a box of four numbers was left out.");
    }

    [Fact]
    public void Missing_lists_and_parts_are_told()
    {
        TolerantParser.Parse("{\"objects\": []}", 1000, 1000).Repairs.ShouldBe(["There is no list \"relationships\"."]);
        TolerantParser.Parse("{\"relationships\": []}", 1000, 1000).Repairs.ShouldBe(["There is no list \"objects\"."]);
        foreach (var part in (string[])["subject", "predicate", "object"])
        {
            var tolerant = TolerantParser.Parse(Whole.Replace($"\"{part}\": \"", $"\"no {part}\": \"", StringComparison.Ordinal), 640, 480);
            tolerant.Graph.Relationships.ShouldBeEmpty();
            tolerant.Repairs.ShouldBe(["A relationship without a subject, predicate or object was left out."]);
        }
    }

    [Fact]
    public void A_graph_behind_a_few_other_objects_is_found_and_behind_many_it_is_not()
    {
        TolerantParser.Parse(string.Concat(Enumerable.Repeat("{} ", 19)) + Whole, 640, 480).Graph.Objects.ShouldBe(Graph.Objects);
        TolerantParser.Parse(string.Concat(Enumerable.Repeat("{} ", 20)) + Whole, 640, 480).Graph.Objects.ShouldBeEmpty();
    }

    [Fact]
    public void A_giant_completion_is_cut()
    {
        var tolerant = TolerantParser.Parse(Whole[..^1] + new string(' ', TolerantParser.MaxLength) + "}}", 640, 480);
        tolerant.Graph.Objects.ShouldBe(Graph.Objects);
        tolerant.Repairs.ShouldBe(["The completion was cut to 200000 characters.", "The end was missing: open brackets were closed."]);
    }

    [Theory]
    [InlineData(99, 2)]
    [InlineData(200, 0)]
    public void Lists_inside_lists_beyond_any_need_are_given_up(int depth, int objects) =>
        TolerantParser.Parse("{\"note\": " + new string('[', depth) + new string(']', depth) + ", " + Whole[1..^1], 640, 480).Graph.Objects.Count.ShouldBe(objects);

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
