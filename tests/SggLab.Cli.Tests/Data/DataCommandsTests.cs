using System.Text.Json.Nodes;
using SggLab.Cli.Site;
using SggLab.Cli.Tests.Site;
using SggLab.Postgres;

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

    [Theory]
    [InlineData("examples", "--limit -1", "--limit is -1; wanted a number from 0.")]
    [InlineData("examples", "--limit x", "'x' does not do for --limit; wanted a whole number up to 2147483647.")]
    [InlineData("inspect", "--validation-images -3", "--validation-images is -3; wanted a number from 0.")]
    [InlineData("inspect", "--validation-images 99999999999", "'99999999999' does not do for --validation-images")]
    [InlineData("inspect", "--dictionary /nope", "--dictionary names /nope, which is no file")]
    [InlineData("inspect", "--images-folder /nope", "--images-folder names /nope, which is no folder")]
    [InlineData("inspect", "--split zzz", "has no split 'zzz'; it has train")]
    [InlineData("stats", "--split zzz", "has no split 'zzz'; it has train")]
    [InlineData("convert", "--out OUT --split zzz", "has no split 'zzz'; it has train")]
    [InlineData("convert", "--out OUT --shards 0", "--shards is 0; wanted a number from 1 to 99999.")]
    [InlineData("convert", "--out ", "--out is empty; wanted the path of a folder.")]
    [InlineData("convert", "--out /dev/null", "/dev/null: is a file; give the path of a folder")]
    [InlineData("convert", "--out OUT --divide train=0.5", "makes 0.5 together, not 1")]
    [InlineData("convert", "--out OUT --divide train=0.9999999,test=0.0000001", "none falls into test")]
    [InlineData("convert", "--out OUT --seed 3", "--seed is of use with --divide only")]
    public async Task A_number_or_name_that_cannot_be_meant_is_refused(string command, string options, string said)
    {
        var folder = Path.Combine(_sgglab.Folder, "out");
        (await _sgglab.RunAsync(["data", command, Golden("hf", "psg_test_sg"), .. options.Split(' ').Select(word => word == "OUT" ? folder : word)])).ShouldComplain(2).ShouldContain(said);
        Directory.Exists(folder).ShouldBeFalse();
    }

    [Fact]
    public async Task A_pipe_is_told_to_be_written_to_a_file_first()
    {
        var command = $"exec dotnet '{Sgglab.Program}' data stats <(cat '{Golden("hf", "psg_test_sg")}'/data/*.parquet)";
        (await CommandRun.RunAsync("bash", ["-c", command], TimeSpan.FromMinutes(2), cancel: TestContext.Current.CancellationToken)).ShouldComplain(2).ShouldContain("is a pipe or a device");
    }

    [Fact]
    public async Task A_data_set_is_never_written_over_another_nor_over_itself()
    {
        var (o1, link) = (Path.Combine(_sgglab.Folder, "o1"), Path.Combine(_sgglab.Folder, "link"));
        (await _sgglab.RunAsync("data", "convert", Golden("hf", "vg150_val_sgg_prompt"), "--out", o1)).ExitCode.ShouldBe(0);
        (await _sgglab.RunAsync("data", "convert", Golden("hf", "psg_train_sg"), "--out", o1)).ShouldComplain(2).ShouldContain($"{o1}: already holds train-00000-of-00001.parquet; choose an empty folder, or replace what is there (--force)");

        Directory.CreateSymbolicLink(link, o1);
        foreach (var (from, to) in new[] { (o1, o1), (o1, link), (link, o1), (Path.Combine(link, "data", "train-00000-of-00001.parquet"), o1), (o1, Path.Combine(link, "data")) })
            (await _sgglab.RunAsync("data", "convert", from, "--out", to, "--shards", "2", "--force")).ShouldComplain(2).ShouldContain("choose another folder");
        ((int)JsonNode.Parse((await _sgglab.RunAsync("data", "inspect", o1, "--json")).Output)!["splits"]![0]!["rows"]!).ShouldBe(10);

        (await _sgglab.RunAsync("data", "convert", Golden("hf", "psg_test_sg"), "--out", o1, "--shards", "2", "--force")).ExitCode.ShouldBe(0);
        ((int)JsonNode.Parse((await _sgglab.RunAsync("data", "inspect", o1, "--json")).Output)!["splits"]![0]!["rows"]!).ShouldBe(8);
    }

    [Fact]
    public async Task The_documents_way_to_divide_a_data_set_works_and_does_not_depend_on_shards()
    {
        var documented = File.ReadLines(Path.Combine(LabHome.Repository, "docs", "datasets.md")).Single(line => line.StartsWith("./sgglab data convert scenes/train --divide", StringComparison.Ordinal));
        string Here(string path) => Path.Combine(_sgglab.Folder, path);
        string[] Arguments(string from, string to) => [.. documented.Split(' ').Skip(1).Select(word => word switch { "scenes/train" => Here(from), "divided" => Here(to), _ => word })];
        (await _sgglab.RunAsync("data", "synthesize", "--out", Here("scenes"), "--train", "100", "--validation", "0", "--test", "0")).ExitCode.ShouldBe(0);
        (await _sgglab.RunAsync("data", "convert", Here("scenes/train"), "--out", Here("sharded"), "--shards", "7")).ExitCode.ShouldBe(0);
        (await _sgglab.RunAsync(Arguments("scenes/train", "divided"))).ExitCode.ShouldBe(0);
        (await _sgglab.RunAsync(Arguments("sharded", "again"))).ExitCode.ShouldBe(0);
        var rows = 0;
        foreach (var part in new[] { "train", "validation", "test" })
        {
            var one = JsonNode.Parse((await _sgglab.RunAsync("data", "inspect", Here($"divided/{part}"), "--json")).Output)!;
            var other = JsonNode.Parse((await _sgglab.RunAsync("data", "inspect", Here($"again/{part}"), "--json")).Output)!;
            ((string)other["contentHash"]!).ShouldBe((string)one["contentHash"]!);
            rows += (int)one["splits"]![0]!["rows"]!;
        }
        rows.ShouldBe(100);
    }

    private static string Golden(params string[] parts) => Path.Combine([LabHome.Repository, "tests", "golden", "datasets", .. parts]);
}
