using System.Text.Json.Nodes;
using SggLab.Cli.Site;
using SggLab.Cli.Tests.Site;

namespace SggLab.Cli.Tests.Data;

public sealed class DataCommandsTests : IDisposable
{
    private readonly Sgglab _sgglab = new();

    public void Dispose() => _sgglab.Dispose();

    [Theory]
    [InlineData("vg150_val_sgg_prompt")]
    [InlineData("psg_test_sg")]
    public async Task Examples_are_the_references_lines_letter_by_letter(string name)
    {
        var ran = await _sgglab.RunAsync("data", "examples", Golden("hf", name));
        ran.ExitCode.ShouldBe(0, ran.Error);
        ran.Output.ShouldBe(await File.ReadAllTextAsync(Golden("expected", "hf", name + ".jsonl"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Examples_can_be_limited_and_written_in_full()
    {
        var ran = await _sgglab.RunAsync("data", "examples", Golden("hf", "vg150_train_sgg_prompt"), "--limit", "1", "--full-texts", "--family", "qwen2_5_vl");
        var line = JsonNode.Parse(ran.Output)!;
        ((string)line["sft"]!["open"]!["messages"]![1]!["content"]![1]!["text"]!).ShouldStartWith("Generate a structured scene graph");
        line["rl"]!["box_scale"]!.ToJsonString().ShouldBe("[756,504]");
        line["inference"]!["box_scale"]!.ToJsonString().ShouldBe("[1092,728]");
    }

    [Fact]
    public async Task Inspection_of_a_broken_row_exits_with_one_and_says_where()
    {
        var path = Golden("corrupt", "box_three_numbers.parquet");
        var ran = await _sgglab.RunAsync("data", "inspect", path, "--json");
        ran.ExitCode.ShouldBe(1, ran.Error);
        var report = JsonNode.Parse(ran.Output)!;
        ((string)report["format"]!).ShouldBe("parquet");
        report["contentHash"].ShouldBeNull();
        ((int)report["splits"]![0]!["rows"]!).ShouldBe(3);
        var error = report["errors"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)error["file"]!, (int)error["row"]!, (string)error["field"]!).ShouldBe((path, 1, "objects"));
        ((string)error["message"]!).ShouldContain("3 numbers");
    }

    [Fact]
    public async Task A_path_with_nothing_there_is_wrong_use()
    {
        var said = (await _sgglab.RunAsync("data", "inspect", "/nowhere/at/all", "--json")).ShouldComplain(2);
        said.ShouldContain("/nowhere/at/all");
    }

    [Fact]
    public async Task Scenes_are_drawn_converted_and_inspected()
    {
        var scenes = Path.Combine(_sgglab.Folder, "scenes");
        (await _sgglab.RunAsync("data", "synthesize", "--out", scenes, "--train", "120", "--validation", "0", "--test", "20", "--seed", "3")).ExitCode.ShouldBe(0);
        var converted = Path.Combine(_sgglab.Folder, "converted");
        (await _sgglab.RunAsync("data", "convert", Path.Combine(scenes, "train"), "--out", converted, "--shards", "3")).ExitCode.ShouldBe(0);
        var before = JsonNode.Parse((await _sgglab.RunAsync("data", "inspect", Path.Combine(scenes, "train"), "--images", "--json")).Output)!;
        var after = JsonNode.Parse((await _sgglab.RunAsync("data", "inspect", converted, "--json")).Output)!;
        ((string)after["contentHash"]!).ShouldBe((string)before["contentHash"]!);
        var stats = JsonNode.Parse((await _sgglab.RunAsync("data", "stats", Path.Combine(scenes, "test"), "--train", Path.Combine(scenes, "train"), "--json")).Output)!;
        ((int)stats["splits"]![0]!["rows"]!).ShouldBe(20);
        stats["splits"]![0]!["zeroShot"].ShouldNotBeNull();
    }

    private static string Golden(params string[] parts) => Path.Combine([LabHome.Repository, "tests", "golden", "datasets", .. parts]);
}
