using System.Text.Json.Nodes;
using SggLab.Cli.Site;
using SggLab.Cli.Tests.Site;
using SggLab.Postgres;

namespace SggLab.Cli.Tests.Models;

/// <summary>What cannot be meant gets one message with the file or option, the field and the remedy, and leaves nothing under the name of the output.</summary>
public sealed class HostileInputTests : IDisposable
{
    private static readonly string s_goldens = Path.Combine(LabHome.Repository, "tests", "golden");
    private static readonly string s_tiny = Path.Combine(s_goldens, "qwen", "qwen2-vl-tiny");

    private readonly Sgglab _sgglab = new();

    public void Dispose() => _sgglab.Dispose();

    [Theory]
    [InlineData("image_token_id", "-7", 2, "image_token_id is -7; wanted is an id of the vocabulary")]
    [InlineData("initializer_range", "-3", 2, "initializer_range is -3; wanted is a number of at least 0")]
    [InlineData("rms_norm_eps", "1e999", 2, "rms_norm_eps is 1e999; wanted is a number above 0")]
    [InlineData("rope_scaling.mrope_section", "[2147483647,2147483647,2]", 2, "config.json: mrope_section is [2147483647, 2147483647, 2]")]
    [InlineData("vision_config.mlp_ratio", "-4", 2, "vision_config.mlp_ratio is -4")]
    [InlineData("vision_config.patch_size", "1000000", 3, "lower vision_config.patch_size or vision_config.embed_dim")]
    public async Task A_configuration_that_no_model_can_have(string key, string value, int code, string expected)
    {
        var config = Path.Combine(_sgglab.Folder, "config.json");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(s_tiny, "config.json"), TestContext.Current.CancellationToken))!;
        var (holder, last) = key.Split('.') is [var outer, var inner] ? (json[outer]!, inner) : (json, key);
        holder[last] = "VALUE";
        await File.WriteAllTextAsync(config, json.ToJsonString().Replace("\"VALUE\"", value, StringComparison.Ordinal), TestContext.Current.CancellationToken);

        (await _sgglab.RunAsync("model", "init", "--config", config, "--seed", "1", "--out", Path.Combine(_sgglab.Folder, "model"))).ShouldComplain(code).ShouldContain(expected);

        Directory.GetFileSystemEntries(_sgglab.Folder).ShouldBe([config]);
    }

    [Theory]
    [InlineData("--min-pixels -1", "min_pixels is -1")]
    [InlineData("--min-pixels 999999999999999", "min_pixels is 999999999999999; an area of 1 to 178,956,970 pixels is wanted")]
    [InlineData("--max-pixels 0", "max_pixels is 0")]
    [InlineData("--min-pixels 4000 --max-pixels 3000", "min_pixels is 4000 and max_pixels 3000, so no area would do")]
    public async Task Bounds_that_no_image_has(string options, string expected)
    {
        (await _sgglab.RunAsync(["image", "preprocess", "--model", s_tiny, "--image", Path.Combine(s_goldens, "qwen", "inputs", "a.png"), "--out", Path.Combine(_sgglab.Folder, "out.st"), .. options.Split(' ')]))
            .ShouldComplain(2).ShouldContain(expected);

        Directory.GetFileSystemEntries(_sgglab.Folder).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "--out is empty; wanted the path of a file.")]
    [InlineData(".", "--out . is a folder; wanted the path of a file.")]
    [InlineData("/dev/null/all.st", "/dev/null")]
    public async Task An_output_that_is_no_file(string output, string expected) =>
        (await _sgglab.RunAsync("image", "preprocess", "--model", s_tiny, "--image", Path.Combine(s_goldens, "qwen", "inputs", "a.png"), "--out", output)).ShouldComplain(2).ShouldContain(expected);

    [Fact]
    public async Task A_disk_that_fills_up_gets_its_room_back()
    {
        var disk = Directory.CreateDirectory(Path.Combine(_sgglab.Folder, "small")).FullName;
        var mounted = await CommandRun.RunAsync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], TimeSpan.FromSeconds(10), cancel: TestContext.Current.CancellationToken);
        Assert.SkipUnless(mounted.Succeeded, "this account may not mount a small disk");
        try
        {
            (await _sgglab.RunAsync("model", "convert", s_tiny, "--out", Path.Combine(disk, "model"))).ShouldComplain(3).ShouldContain("No space left on device");
            Directory.GetFileSystemEntries(disk).ShouldBeEmpty();
        }
        finally
        {
            await CommandRun.RunAsync("umount", [disk], TimeSpan.FromSeconds(10), cancel: TestContext.Current.CancellationToken);
        }
    }

    [Theory]
    [InlineData("config.json", "config.json is a file; give the folder of the model that holds it.")]
    [InlineData("Qwen/Qwen2-VL-2B-Instruct", "Nothing is fetched from the hub: download it first (hf download Qwen/Qwen2-VL-2B-Instruct --local-dir DIR)")]
    [InlineData("../nowhere", "There is no model folder ../nowhere.\n")]
    public async Task What_is_no_model_folder(string given, string expected) =>
        (await _sgglab.RunAsync("model", "inspect", given == "config.json" ? Path.Combine(s_tiny, given) : given)).ShouldComplain(2).ShouldContain(expected);

    [Fact]
    public async Task An_option_about_a_server_that_is_not_named() =>
        (await _sgglab.RunAsync("eval", "run", "--model", s_tiny, "--data", s_goldens, "--split", "train", "--protocol", "r1sgg-sft", "--out", Path.Combine(_sgglab.Folder, "out.jsonl"), "--served-model", "x"))
            .ShouldComplain(2).ShouldContain("--served-model is about a server; say which with --server URL.");

    /// <summary>A checkpoint of a LoRA run holds the sum beside the adapter: put on once more, it would count twice.</summary>
    [Fact]
    public async Task An_adapter_whose_sum_the_weights_are_already()
    {
        var step = Path.Combine(_sgglab.Folder, "step-4");
        foreach (var file in Directory.GetFiles(s_tiny).Where(file => Path.GetFileName(file) is not ("golden.json" or "generation.json")).Concat(Directory.GetFiles(Path.Combine(s_tiny, "adapter"))))
        {
            var copy = Path.Combine(step, Path.GetRelativePath(s_tiny, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        var config = Path.Combine(step, "adapter", "adapter_config.json");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(config, TestContext.Current.CancellationToken))!;
        json["base_model_name_or_path"] = s_tiny;
        await File.WriteAllTextAsync(config, json.ToJsonString(), TestContext.Current.CancellationToken);

        (await _sgglab.RunAsync("model", "convert", step, "--merge", Path.Combine(step, "adapter"), "--out", Path.Combine(_sgglab.Folder, "twice"))).ShouldComplain(2)
            .ShouldContain($"was trained on {s_tiny}, and the weights in {step} hold its sum already");
        Directory.Exists(Path.Combine(_sgglab.Folder, "twice")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_temperature_of_nothing_is_greedy_decoding() =>
        (await _sgglab.RunAsync("generate", "--model", s_tiny, "--prompt", "hi", "--temperature", "0")).ShouldComplain(2).ShouldContain("say --greedy");

    [Fact]
    public async Task A_temperature_that_no_logit_survives() =>
        (await _sgglab.RunAsync("generate", "--model", s_tiny, "--prompt", "hi", "--temperature", "1e-300")).ShouldComplain(2).ShouldContain("temperature is 1E-300");

    [Fact]
    public async Task Bytes_that_are_no_text()
    {
        var answer = await CommandRun.RunAsync("bash", ["-c", $"printf '\"a\"\\n\"\\xff\"\\n' | dotnet '{Sgglab.Program}' tokenizer encode --model '{s_tiny}'"], TimeSpan.FromMinutes(1),
            new Dictionary<string, string?> { ["SGGLAB_HOME"] = _sgglab.Home }, cancel: TestContext.Current.CancellationToken);

        answer.ShouldComplain(2).ShouldContain("is not UTF-8");
    }

    [Fact]
    public async Task An_evaluation_that_cannot_begin_leaves_nothing_behind()
    {
        var data = Path.Combine(s_goldens, "datasets", "hf", "vg150_val_sgg_prompt");
        var output = Path.Combine(_sgglab.Folder, "out.jsonl");

        (await _sgglab.RunAsync("eval", "run", "--model", s_tiny, "--data", data, "--split", "train", "--protocol", "r1sgg", "--out", output)).ShouldComplain(2)
            .ShouldContain("--protocol r1sgg is neither r1sgg-sft nor r1sgg-rl, nor is there a file of that name");
        (await _sgglab.RunAsync("eval", "run", "--model", s_tiny, "--data", "", "--split", "train", "--protocol", "r1sgg-sft", "--out", output)).ShouldComplain(2)
            .ShouldContain("--data is empty; wanted the path of a Parquet file, or of a folder that holds some.");
        (await _sgglab.RunAsync("eval", "run", "--model", s_tiny, "--data", data, "--split", "other", "--protocol", "r1sgg-sft", "--out", output)).ShouldComplain(2).ShouldContain($"--split: {data}: has no split 'other'");

        Directory.GetFileSystemEntries(_sgglab.Folder).ShouldBeEmpty();
    }
}
