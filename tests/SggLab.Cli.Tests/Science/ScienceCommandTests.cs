using System.IO.Compression;
using System.Text.Json;
using SggLab.Cli.Site;
using SggLab.Cli.Tests.Site;
using SggLab.Postgres;

namespace SggLab.Cli.Tests.Science;

public sealed class ScienceCommandTests : IDisposable
{
    private static readonly string Golden = Path.Combine(LabHome.Repository, "tests", "golden");
    private readonly Sgglab _sgglab = new();

    public void Dispose() => _sgglab.Dispose();

    [Fact]
    public async Task Reward_score_prints_the_six_rewards_of_each_case_in_order()
    {
        var file = Path.Combine(Golden, "rewards", "cases.jsonl");
        var lines = await LinesAsync("reward", "score", "--cases", file, "--similarity", $"vectors:{Path.Combine(Golden, "rewards", "vectors.txt")}");
        var cases = File.ReadLines(file).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        lines.Count.ShouldBe(cases.Count);
        foreach (var (line, expected) in lines.Zip(cases))
        {
            line.EnumerateObject().Select(p => p.Name).ShouldBe(["image_id", "format", "node_category", "node_box", "edge_soft", "edge_hard", "edge_hard_relax"]);
            line.GetProperty("image_id").GetString().ShouldBe(expected.GetProperty("image_id").GetString());
            foreach (var reward in expected.GetProperty("expected").EnumerateObject())
                line.GetProperty(reward.Name).GetDouble().ShouldBe(reward.Value.GetDouble(), 1e-6);
        }
    }

    [Fact]
    public async Task Scene_parse_reads_each_case_as_the_reference_does()
    {
        var file = Path.Combine(Golden, "sgg", "parse-cases.jsonl");
        var lines = await LinesAsync("scene", "parse", "--cases", file);
        var cases = File.ReadLines(file).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        lines.Count.ShouldBe(cases.Count);
        foreach (var (line, expected) in lines.Zip(cases))
        {
            var name = expected.GetProperty("case").GetString()!;
            line.GetProperty("case").GetString().ShouldBe(name);
            TextOf(line.GetProperty("extracted")).ShouldBe(TextOf(expected.GetProperty("extracted")), name);
            var failed = expected.GetProperty("status").GetString() != "ok";
            line.GetProperty("status").GetString().ShouldBe(failed ? "failed" : "ok", name);
            line.GetProperty("kind").GetString().ShouldBe(failed ? expected.GetProperty("kind").GetString() : null, name);
            line.GetProperty("objects").ValueKind.ShouldBe(failed ? JsonValueKind.Null : JsonValueKind.Array, name);
            foreach (var list in (string[])["objects", "relationships"])
                if (expected.TryGetProperty(list, out var wanted)) ShouldHold(line.GetProperty(list), wanted, name, tolerance: 0);
        }
    }

    [Fact]
    public async Task Similarity_is_spaCys()
    {
        var file = Path.Combine(Golden, "similarity", "pairs.jsonl");
        var lines = await LinesAsync("similarity", "--pairs", file, "--with", "spacy-sm");
        var pairs = File.ReadLines(file).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        lines.Count.ShouldBe(pairs.Count);
        foreach (var (line, expected) in lines.Zip(pairs)) ShouldHold(line, expected, expected.ToString(), 1e-5);
    }

    [Theory]
    [InlineData("vg150")]
    [InlineData("psg")]
    [InlineData("vg150-missing")]
    [InlineData("vg150-nonfinite")]
    public async Task Eval_score_prints_the_reference_figures_under_their_names(string name)
    {
        var set = Path.Combine(Golden, "sgg", name);
        var figures = (await LinesAsync("eval", "score", "--dataset", name.Split('-')[0], "--ground-truth", Path.Combine(set, "ground_truth.jsonl"), "--predictions", Path.Combine(set, "predictions.jsonl"), "--protocol", "reference", "--json")).Single();
        var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(set, "metrics.json"))).RootElement;
        foreach (var key in (string[])["failure", "valid_predictions", "pooled", "per_image", "sgdet", "coco"])
            ShouldHold(figures.GetProperty(key), expected.GetProperty(key), key);
        var intervals = figures.GetProperty("intervals");
        (intervals.GetProperty("samples").GetInt32(), intervals.GetProperty("seed").GetInt32()).ShouldBe((2000, 42));
        var metrics = intervals.GetProperty("metrics").EnumerateArray().ToDictionary(m => m.GetProperty("metric").GetString()!);
        metrics.Keys.Take(3).ShouldBe(["failure_rate", "pooled_recall", "R@20"]);
        ShouldHold(metrics["pooled_recall"].GetProperty("value"), expected.GetProperty("pooled").GetProperty("recall"), "pooled_recall");
        ShouldHold(metrics["R@50"].GetProperty("value"), expected.GetProperty("sgdet").GetProperty("R").GetProperty("50"), "R@50");
        foreach (var metric in metrics.Values)
            metric.GetProperty("value").GetDouble().ShouldBeInRange(metric.GetProperty("low").GetDouble() - 0.05, metric.GetProperty("high").GetDouble() + 0.05, metric.ToString());
    }

    [Fact]
    public async Task A_file_that_cannot_be_meant_is_told_apart_from_a_wrong_line()
    {
        var empty = Path.Combine(_sgglab.Folder, "empty.jsonl");
        var latin = Path.Combine(_sgglab.Folder, "latin.jsonl");
        await File.WriteAllTextAsync(empty, "", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(latin, [.. "{\"a\": \"caf"u8, 0xe9, .. "\", \"b\": \"x\"}"u8], TestContext.Current.CancellationToken);
        (await _sgglab.RunAsync("similarity", "--pairs", _sgglab.Folder)).ShouldComplain(2).ShouldContain($"{_sgglab.Folder} is a folder.");
        (await _sgglab.RunAsync("similarity", "--pairs", latin, "--with", "exact")).ShouldComplain(2).ShouldContain("no UTF-8");
        (await _sgglab.RunAsync("eval", "score", "--dataset", "psg", "--ground-truth", empty, "--predictions", "-")).ShouldComplain(2).ShouldContain($"{empty} is empty; wanted JSON lines.");
        (await _sgglab.RunAsync("eval", "score", "--dataset", "psg", "--ground-truth", "-", "--predictions", "-")).ShouldComplain(2).ShouldContain("Only one of the files can be -");
        (await _sgglab.RunAsync("eval", "compare", "--dataset", "psg", "--ground-truth", empty, "--predictions", empty, "--with", empty, "--samples", "x")).ShouldComplain(2).ShouldContain("'x' does not do for --samples; wanted a whole number");
        (await _sgglab.RunAsync("check", "fuzz", "--cases", "0")).ShouldComplain(2).ShouldContain("--cases is 0; wanted a number from 1.");
        (await _sgglab.RunAsync("reward", "explain", "--cases", empty, "--similarity", "exact", "--image", "a")).ShouldComplain(2).ShouldContain($"{empty} is empty; wanted JSON lines.");
        (await _sgglab.RunAsync("reward", "explain", "--cases", Path.Combine(Golden, "rewards", "cases.jsonl"), "--similarity", "exact", "--image", "a")).ShouldComplain(2).ShouldContain("no case with the image_id \"a\"");
        var packed = Path.Combine(_sgglab.Folder, "pairs.jsonl.gz");
        await using (var gzip = new GZipStream(File.Create(packed), CompressionLevel.Fastest)) gzip.Write("{\"a\": \"man\", \"b\": \"boy\"}\n"u8);
        (await _sgglab.RunAsync("similarity", "--pairs", packed, "--with", "exact")).ShouldComplain(2).ShouldContain($"{packed} is compressed by gzip; wanted JSON lines in UTF-8. Unpack it on the way: zcat {packed} |");
        (await _sgglab.RunAsync("similarity", "--pairs", "/proc/self/mem", "--with", "exact")).ShouldComplain(2).ShouldContain("/proc/self/mem cannot be read");
    }

    [Fact]
    public async Task An_output_that_is_full_is_told_with_an_exit_code_of_the_contract()
    {
        var command = $"exec dotnet '{Sgglab.Program}' similarity --pairs '{Path.Combine(Golden, "similarity", "pairs.jsonl")}' --with exact > /dev/full";
        (await CommandRun.RunAsync("bash", ["-c", command], TimeSpan.FromMinutes(2), cancel: TestContext.Current.CancellationToken)).ShouldComplain(3).ShouldContain("No space left on device");
        (await CommandRun.RunAsync("bash", ["-c", command + " 2>&1"], TimeSpan.FromMinutes(2), cancel: TestContext.Current.CancellationToken)).ExitCode.ShouldBe(3);
    }

    [Fact]
    public async Task A_mean_over_nothing_is_a_dash_to_people_and_the_references_minus_one_to_programs()
    {
        var (truth, predictions) = (Path.Combine(_sgglab.Folder, "truth.jsonl"), Path.Combine(_sgglab.Folder, "predictions.jsonl"));
        await File.WriteAllTextAsync(truth, """{"image_id": "1", "width": 10, "height": 10, "objects": [], "relationships": []}""", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(predictions, """{"image_id": "1", "response": "{\"objects\": [], \"relationships\": []}"}""", TestContext.Current.CancellationToken);
        string[] command = ["eval", "score", "--dataset", "psg", "--ground-truth", truth, "--predictions", predictions];
        var table = await _sgglab.RunAsync(command);
        table.ExitCode.ShouldBe(0, table.Error);
        table.Output.ShouldNotContain("-100");
        table.Output.Split('\n').Single(line => line.StartsWith("AP50", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries).ShouldBe(["AP50", "–", "–"]);
        (await LinesAsync([.. command, "--json"])).Single().GetProperty("coco").GetProperty("AP50").GetDouble().ShouldBe(-1);
    }

    [Fact]
    public async Task Wrong_input_is_told_with_file_line_and_field()
    {
        var file = Path.Combine(_sgglab.Folder, "cases.jsonl");
        async Task<string> SaidAsync(string text)
        {
            await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
            return (await _sgglab.RunAsync("reward", "score", "--cases", file, "--similarity", "exact")).ShouldComplain(2);
        }

        (await SaidAsync("{\"image_id\": 1}\n")).ShouldContain($"{file}, line 1: \"completion\" is missing; wanted text.");
        (await SaidAsync("\n{\"completion\": \"x\", \"box_scale\": [0, 1]}\n")).ShouldContain($"{file}, line 2: \"box_scale[0]\" is the number 0; wanted a number above 0: [width, height], such as [1000, 1000].");
        (await SaidAsync("{\"completion\": \"x\", \"box_scale\": [1e999, 1]}\n")).ShouldContain("\"box_scale[0]\" is the number 1e999; wanted a finite number");
        (await SaidAsync("{\"completion\": \"x\", \"box_scale\": [1000, -1]}\n")).ShouldContain("\"box_scale[1]\" is the number -1; wanted a number above 0");
string Case(string objects, string relationships = "") => $"{{\"completion\": \"x\", \"ground_truth\": {{\"objects\": [{objects}], \"relationships\": [{relationships}]}}}}\n";
        (await SaidAsync(Case("""{"id": "a.1", "bbox": [0, 0, 50]}"""))).ShouldContain("\"ground_truth.objects[0].bbox\" is a list of 3; wanted [x1, y1, x2, y2].");
        (await SaidAsync(Case("""{"id": "a.1", "bbox": [0, 0, 1, 1]}, {"id": "b.2", "bbox": [0, 0, "50", 1]}"""))).ShouldContain("\"ground_truth.objects[1].bbox[2]\" is the text \"50\"; wanted a finite number");
        (await SaidAsync(Case("""{"id": "a.1", "bbox": [0, 0, 1, 1e999]}"""))).ShouldContain("\"ground_truth.objects[0].bbox[3]\" is the number 1e999; wanted a finite number");
        (await SaidAsync(Case("""{"id": "a.1", "bbox": [0, 0, 1, 1]}, {"bbox": [0, 0, 1, 1]}"""))).ShouldContain("\"ground_truth.objects[1].id\" is missing; wanted text.");
        (await SaidAsync(Case("""{"id": "a.1", "bbox": [0, 0, 1, 1]}, 5"""))).ShouldContain("\"ground_truth.objects[1]\" is the number 5; wanted an object with id and bbox.");
        (await SaidAsync(Case("", """{"subject": "a.1", "predicate": null, "object": "b.2"}"""))).ShouldContain("\"ground_truth.relationships[0].predicate\" is null; wanted text.");
        (await SaidAsync("[1]\n")).ShouldContain("line 1: a list of 1; wanted a JSON object a line.");
        (await SaidAsync("{oops\n")).ShouldContain("line 1: no JSON");
        (await _sgglab.RunAsync("reward", "score", "--cases", "/no/such/file")).ShouldComplain(2).ShouldContain("/no/such/file");
        await File.WriteAllTextAsync(file + ".json", """{"objects": ["cup", 5], "predicates": ["on"]}""", TestContext.Current.CancellationToken);
        (await _sgglab.RunAsync("eval", "score", "--dataset", file + ".json", "--ground-truth", file, "--predictions", file)).ShouldComplain(2).ShouldContain("\"objects[1]\" is the number 5; wanted a name.");
        (await _sgglab.RunAsync("reward", "score", "--cases", file, "--similarity", "glove")).ShouldComplain(2).ShouldContain("spacy-sm, exact, vectors:FILE");
    }

    [Fact]
    public async Task Reward_explain_says_why_a_reward_is_0_in_text_and_in_JSON()
    {
        var file = Path.Combine(_sgglab.Folder, "cases.jsonl");
        await File.WriteAllTextAsync(file, """
            {"image_id": "a", "ground_truth": {"objects": [{"id": "man.1", "bbox": [0, 0, 0.4, 0.4]}], "relationships": [{"subject": "man.1", "predicate": "on", "object": "man.1"}]}, "completion": "{\"objects\": [{\"id\": \"man.1\", \"bbox\": [0, 0, 400, 400]}]}"}
            """, TestContext.Current.CancellationToken);
        string[] explain = ["reward", "explain", "--cases", file, "--similarity", "exact"];
        var text = (await _sgglab.RunAsync(explain)).Output;
        text.ShouldContain("edge_hard        0: The answer has no \"relationships\".");
        text.ShouldContain("node_box         1 of 1 true objects matched.");
        text.ShouldContain("man.1 on man.1");
        text.ShouldNotContain("No relations to find.");
        var line = (await LinesAsync([.. explain, "--json", "--variant", "edge_f1"])).Single();
        line.GetProperty("total").GetDouble().ShouldBe(0);
        line.GetProperty("parts").EnumerateArray().Select(p => (p.GetProperty("reward").GetString(), p.GetProperty("weight").GetDouble(), p.GetProperty("reason").GetString()))
            .ShouldBe([("format", 1, "The answer has no \"relationships\"."), ("edge_f1", 1, "The answer has no \"relationships\".")]);
    }

    [Fact]
    public async Task The_documented_variant_of_ones_own_is_scored_and_explained_from_its_file()
    {
        var document = await File.ReadAllTextAsync(Path.Combine(LabHome.Repository, "docs", "rewards.md"), TestContext.Current.CancellationToken);
        var own = Path.Combine(_sgglab.Folder, "mine.yaml");
        var cases = Path.Combine(_sgglab.Folder, "cases.jsonl");
        await File.WriteAllTextAsync(own, document.Split("```yaml\n")[1].Split("```")[0], TestContext.Current.CancellationToken);
        string Case(string image, string y2) => $$$"""
            {"image_id": "{{{image}}}", "ground_truth": {"objects": [{"id": "man.1", "bbox": [0, 0, 0.4, 0.4]}, {"id": "horse.2", "bbox": [0.5, 0.5, 0.9, 0.9]}], "relationships": [{"subject": "man.1", "predicate": "riding", "object": "horse.2"}]},
            """.Trim() + $$$"""
             "completion": "<think></think><answer>{\"objects\": [{\"id\": \"man.1\", \"bbox\": [0, 0, 400, 400]}, {\"id\": \"horse.2\", \"bbox\": [500, 500, 900, {{{y2}}}]}], \"relationships\": [{\"subject\": \"man.1\", \"predicate\": \"riding\", \"object\": \"horse.2\"}]}</answer>"}
            """;
        await File.WriteAllTextAsync(cases, Case("exact", "900") + "\n" + Case("short", "725"), TestContext.Current.CancellationToken);
        var lines = await LinesAsync("reward", "score", "--cases", cases, "--similarity", "exact", "--variant", own);
        lines[0].EnumerateObject().Select(p => p.Name).ShouldBe(["image_id", "format", "edge_f1", "dual_granularity", "repetition_penalty", "total"]);
        lines.Select(l => l.GetProperty("total").GetDouble()).ShouldBe([6, 1]);
        (await LinesAsync("reward", "score", "--cases", cases, "--similarity", "exact", "--variant", "hard_recall")).Select(l => l.GetProperty("total").GetDouble()).ShouldBe([6, 6]);
        (await _sgglab.RunAsync("reward", "explain", "--cases", cases, "--similarity", "exact", "--variant", own, "--image", "exact")).Output
            .ShouldContain("total: 6 = 1 x format + 0.5 x edge_f1 + 0.5 x dual_granularity + 1 x repetition_penalty");
        (await _sgglab.RunAsync("reward", "score", "--cases", cases, "--variant", "/no/such.yaml")).ShouldComplain(2).ShouldContain("no reward variant and no file \"/no/such.yaml\". Give hard_recall,");
    }

    [Fact]
    public async Task Two_names_of_a_vocabulary_that_are_one_are_told_with_the_file()
    {
        var own = Path.Combine(_sgglab.Folder, "own.json");
        await File.WriteAllTextAsync(own, """{"objects": ["cup"], "predicates": ["left-of", "on", "Left of"]}""", TestContext.Current.CancellationToken);
        var set = Path.Combine(Golden, "sgg", "psg");
        (await _sgglab.RunAsync("eval", "score", "--dataset", own, "--ground-truth", Path.Combine(set, "ground_truth.jsonl"), "--predictions", Path.Combine(set, "predictions.jsonl")))
            .ShouldComplain(2).ShouldContain($"{own}: its predicates 1 (\"left-of\") and 3 (\"Left of\") are one name");
    }

    private async Task<List<JsonElement>> LinesAsync(params string[] arguments)
    {
        var result = await _sgglab.RunAsync(arguments);
        result.ExitCode.ShouldBe(0, result.Error);
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
    }

    private static void ShouldHold(JsonElement actual, JsonElement expected, string path, double tolerance = 1e-9)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in expected.EnumerateObject()) ShouldHold(actual.GetProperty(member.Name), member.Value, $"{path}.{member.Name}", tolerance);
                break;
            case JsonValueKind.Array:
                actual.GetArrayLength().ShouldBe(expected.GetArrayLength(), path);
                foreach (var (one, other) in actual.EnumerateArray().Zip(expected.EnumerateArray())) ShouldHold(one, other, path, tolerance);
                break;
            case JsonValueKind.Number:
                actual.GetDouble().ShouldBe(expected.GetDouble(), tolerance, path);
                break;
            default:
                TextOf(actual).ShouldBe(TextOf(expected), path);
                break;
        }
    }

    // .NET refuses to read half a surrogate pair; as written it is the same on both sides.
    private static string TextOf(JsonElement value)
    {
        try
        {
            return value.ToString();
        }
        catch (InvalidOperationException)
        {
            return value.GetRawText();
        }
    }
}
