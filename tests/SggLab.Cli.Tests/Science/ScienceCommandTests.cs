using System.Text.Json;
using SggLab.Cli.Site;
using SggLab.Cli.Tests.Site;

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
    public async Task Scene_parse_prints_a_line_a_case_with_every_field()
    {
        var lines = await LinesAsync("scene", "parse", "--cases", Path.Combine(Golden, "sgg", "parse-cases.jsonl"));
        lines.Count.ShouldBe(418);
        foreach (var line in lines)
        {
            var failed = line.GetProperty("status").GetString() == "failed";
            (line.GetProperty("kind").ValueKind == JsonValueKind.String).ShouldBe(failed);
            (line.GetProperty("objects").ValueKind == JsonValueKind.Array).ShouldBe(!failed);
            line.GetProperty("extracted").ValueKind.ShouldBe(JsonValueKind.String);
        }
    }

    [Fact]
    public async Task Eval_score_prints_the_reference_figures_under_their_names()
    {
        var set = Path.Combine(Golden, "sgg", "psg");
        var figures = (await LinesAsync("eval", "score", "--dataset", "psg", "--ground-truth", Path.Combine(set, "ground_truth.jsonl"), "--predictions", Path.Combine(set, "predictions.jsonl"), "--protocol", "reference", "--json")).Single();
        var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(set, "metrics.json"))).RootElement;
        foreach (var key in (string[])["failure", "valid_predictions", "pooled", "per_image", "sgdet", "coco"])
            ShouldHold(figures.GetProperty(key), expected.GetProperty(key), key);
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
        (await SaidAsync("\n{\"completion\": \"x\", \"box_scale\": [0, 1]}\n")).ShouldContain($"{file}, line 2: \"box_scale\" has a 0 in it");
        (await SaidAsync("{\"completion\": \"x\", \"ground_truth\": {\"objects\": [{\"id\": \"a.1\", \"bbox\": [1, 2, 3]}], \"relationships\": []}}\n")).ShouldContain("\"objects[0].bbox\"");
        (await SaidAsync("[1]\n")).ShouldContain("line 1: a list; wanted a JSON object a line.");
        (await SaidAsync("{oops\n")).ShouldContain("line 1: no JSON");
        (await _sgglab.RunAsync("reward", "score", "--cases", "/no/such/file")).ShouldComplain(2).ShouldContain("/no/such/file");
        (await _sgglab.RunAsync("reward", "score", "--cases", file, "--similarity", "glove")).ShouldComplain(2).ShouldContain("spacy-sm, exact, vectors:FILE");
    }

    private async Task<List<JsonElement>> LinesAsync(params string[] arguments)
    {
        var result = await _sgglab.RunAsync(arguments);
        result.ExitCode.ShouldBe(0, result.Error);
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
    }

    private static void ShouldHold(JsonElement actual, JsonElement expected, string path)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in expected.EnumerateObject()) ShouldHold(actual.GetProperty(member.Name), member.Value, $"{path}.{member.Name}");
                break;
            case JsonValueKind.Array:
                actual.GetArrayLength().ShouldBe(expected.GetArrayLength(), path);
                foreach (var (one, other) in actual.EnumerateArray().Zip(expected.EnumerateArray())) ShouldHold(one, other, path);
                break;
            case JsonValueKind.Number:
                actual.GetDouble().ShouldBe(expected.GetDouble(), 1e-9, path);
                break;
            default:
                actual.ToString().ShouldBe(expected.ToString(), path);
                break;
        }
    }
}
