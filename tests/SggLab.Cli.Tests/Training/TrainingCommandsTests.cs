using System.Text.Json.Nodes;
using SggLab.Cli.Site;
using SggLab.Cli.Tests.Site;

namespace SggLab.Cli.Tests.Training;

public sealed class TrainingCommandsTests : IDisposable
{
    private readonly Sgglab _sgglab = new();

    public TrainingCommandsTests() => _sgglab.Environment["OMP_NUM_THREADS"] = "1";

    public void Dispose() => _sgglab.Dispose();

    private static string Example(string name) => Path.Combine(LabHome.Repository, "examples", name);

    [Fact]
    public async Task A_run_is_trained_and_a_finished_one_is_not_begun_again()
    {
        var folder = Path.Combine(_sgglab.Folder, "out");
        var trained = await _sgglab.RunAsync("train", "sft", "-c", Example("tiny-sft.yaml"), "--out", folder, "--json");
        trained.ExitCode.ShouldBe(0, trained.Error);
        var types = trained.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string)JsonNode.Parse(line)!["type"]!).ToList();
        types[0].ShouldBe("started");
        types[^1].ShouldBe("closed");
        types.Count(type => type == "metrics").ShouldBe(2);
        Directory.Exists(Path.Combine(folder, "step-00000002", "trainer")).ShouldBeTrue();
        var again = await _sgglab.RunAsync("train", "sft", "-c", Example("tiny-sft.yaml"), "--out", folder, "--resume", "--json");
        again.ExitCode.ShouldBe(0, again.Error);
        again.Output.ShouldNotContain("\"type\":\"metrics\"", Case.Sensitive, "the newest checkpoint is of the last step");
    }

    [Fact]
    public async Task A_folder_that_holds_a_run_is_kept_and_gone_on_from_only_under_the_same_settings()
    {
        var cancel = TestContext.Current.CancellationToken;
        var (file, folder) = (Path.Combine(_sgglab.Folder, "run.yaml"), Path.Combine(_sgglab.Folder, "out"));
        var text = (await File.ReadAllTextAsync(Example("tiny-sft.yaml"), cancel)).Replace("../tests", Path.Combine(LabHome.Repository, "tests"), StringComparison.Ordinal)
            + "\ncheckpoints: { every_steps: 1, keep: 3 }\n";
        await File.WriteAllTextAsync(file, text, cancel);
        var fresh = await _sgglab.RunAsync("train", "sft", "-c", file, "--out", folder, "--resume");
        fresh.ExitCode.ShouldBe(0, fresh.Error);
        fresh.Error.ShouldContain("holds no checkpoint to go on from, so the run starts from the beginning");
        (await _sgglab.RunAsync("train", "sft", "-c", file, "--out", folder)).ShouldComplain(2)
            .ShouldSatisfyAllConditions(said => said.ShouldContain("holds a run already (step-00000002)"), said => said.ShouldContain("--resume"), said => said.ShouldContain("--out DIR"));
        await File.WriteAllTextAsync(file, text.Replace("learning_rate: ", "learning_rate: 9", StringComparison.Ordinal), cancel);
        (await _sgglab.RunAsync("train", "sft", "-c", file, "--out", folder, "--resume")).ShouldComplain(2).ShouldMatch(@"holds a run of other settings.*sft\.learning_rate was [0-9.]+, is 0.0091\.");
        Directory.GetDirectories(folder).Length.ShouldBe(2, "both checkpoints are there");
        await File.WriteAllTextAsync(file, text, cancel);
        FlipLastBit(Path.Combine(folder, "step-00000002", "trainer", "optimizer.safetensors"));
        await File.AppendAllTextAsync(Path.Combine(folder, "records.jsonl"), "{\"n\":99,\"typ}\n{\"n\":100,\"ty", cancel);
        var mended = await _sgglab.RunAsync("train", "sft", "-c", file, "--out", folder, "--resume", "--json");
        mended.ExitCode.ShouldBe(0, mended.Error);
        mended.Error.ShouldContain("optimizer.safetensors has changed since it was saved");
        mended.Error.ShouldMatch(@"records\.jsonl, line \d+ is passed over");
        mended.Output.ShouldContain("\"resumedStep\":1,");
        FlipLastBit(Path.Combine(folder, "step-00000001", "model.safetensors"));
        FlipLastBit(Path.Combine(folder, "step-00000002", "model.safetensors"));
        var refused = await _sgglab.RunAsync("train", "sft", "-c", file, "--out", folder, "--resume");
        refused.ShouldComplain(2).ShouldContain("has no whole full checkpoint to go on from");
    }

    [Fact]
    public async Task A_disk_without_room_for_the_checkpoints_is_a_missing_part_of_the_environment()
    {
        var file = Path.Combine(_sgglab.Folder, "run.yaml");
        var text = (await File.ReadAllTextAsync(Example("tiny-sft.yaml"), TestContext.Current.CancellationToken)).Replace("../tests", Path.Combine(LabHome.Repository, "tests"), StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, text + "\ncheckpoints: { keep: 2000000000 }\n", TestContext.Current.CancellationToken);
        var refused = await _sgglab.RunAsync("train", "sft", "-c", file, "--out", Path.Combine(_sgglab.Folder, "out"));
        refused.ExitCode.ShouldBe(3, refused.Error);
        refused.Error.ShouldMatch(@"this run needs [\d.]+ GB: 2000000000 checkpoints of [\d.]+ MB, one being written, and 67\.1 MB to spare");
        (await _sgglab.RunAsync("train", "sft", "-c", Example("tiny-sft.yaml"), "--out", Path.Combine(_sgglab.Folder, "out"))).ExitCode.ShouldBe(0, "a folder in which nothing was learnt may be used again");
    }

    private static void FlipLastBit(string file)
    {
        using var stream = new FileStream(file, FileMode.Open);
        stream.Seek(-1, SeekOrigin.End);
        var last = stream.ReadByte();
        stream.Seek(-1, SeekOrigin.End);
        stream.WriteByte((byte)(last ^ 1));
    }

    [Fact]
    public async Task A_plan_says_what_a_run_takes_and_trains_nothing()
    {
        var planned = await _sgglab.RunAsync("train", "grpo", "-c", Example("tiny-grpo.yaml"), "--out", Path.Combine(_sgglab.Folder, "none"), "--plan");
        planned.ExitCode.ShouldBe(0, planned.Error);
        planned.Output.ShouldStartWith("Memory: about ");
        planned.Output.ShouldContain("while completions are written");
        Directory.Exists(Path.Combine(_sgglab.Folder, "none")).ShouldBeFalse();
    }

    [Fact]
    public async Task Problems_of_a_file_name_line_field_and_remedy()
    {
        var file = Path.Combine(_sgglab.Folder, "run.yaml");
        var text = (await File.ReadAllTextAsync(Example("tiny-grpo.yaml"), TestContext.Current.CancellationToken)).Replace("../tests", Path.Combine(LabHome.Repository, "tests"), StringComparison.Ordinal)
            .Replace("group_size: 4", "group_size: 1", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        var line = Array.FindIndex(text.Split('\n'), written => written.Contains("group_size", StringComparison.Ordinal)) + 1;
        (await _sgglab.RunAsync("train", "grpo", "-c", file)).ShouldComplain(2).ShouldContain($"line {line}, grpo.group_size: give 2 to 1024");
        var validated = await _sgglab.RunAsync("run", "validate", file, "--json");
        validated.ExitCode.ShouldBe(1, validated.Error);
        var problem = JsonNode.Parse(validated.Output)!["problems"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)problem["field"]!, (int)problem["line"]!).ShouldBe(("runs[0].grpo.group_size", line));
    }

    /// <summary>As a run that learned more than was meant looks like any other, a name that no weight has is found wherever the file is looked at.</summary>
    [Fact]
    public async Task A_name_that_no_weight_has_is_found_before_the_run()
    {
        const string setting = "freeze: [vision.]", message = "freeze names vision., which is in no weight's name";
        var file = Path.Combine(_sgglab.Folder, "run.yaml");
        var text = (await File.ReadAllTextAsync(Example("tiny-sft.yaml"), TestContext.Current.CancellationToken)).Replace("../tests", Path.Combine(LabHome.Repository, "tests"), StringComparison.Ordinal)
            .Replace("\nsft:\n", $"\nsft:\n  {setting}\n", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        var line = Array.FindIndex(text.Split('\n'), written => written.Contains(setting, StringComparison.Ordinal)) + 1;

        var validated = await _sgglab.RunAsync("run", "validate", file);

        validated.ExitCode.ShouldBe(1);
        validated.Error.ShouldContain($"line {line}, runs[0].sft.freeze: {message}");
        (await _sgglab.RunAsync("run", "queue", file)).ShouldComplain(2).ShouldContain($"line {line}, runs[0].sft.freeze: ");
        (await _sgglab.RunAsync("train", "sft", "-c", file, "--plan")).ShouldComplain(2).ShouldContain(message);
    }

    [Fact]
    public async Task A_start_that_is_not_there_is_named_as_it_was_given()
    {
        var said = (await _sgglab.RunAsync("train", "sft", "-c", Example("tiny-sft.yaml"), "--from", "/not/there", "--out", Path.Combine(_sgglab.Folder, "none"))).ShouldComplain(2);

        said.ShouldContain("--from: there is no folder /not/there here");
        said.ShouldNotContain("model.folder");
    }

    [Fact]
    public async Task A_run_s_folder_given_for_a_model_is_answered_with_its_newest_checkpoint()
    {
        foreach (var step in new[] { "step-00000002", "step-00000010" })
            await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(_sgglab.Folder, "run", step)).FullName, "config.json"), "{}", TestContext.Current.CancellationToken);
        var run = Path.Combine(_sgglab.Folder, "run");

        (await _sgglab.RunAsync("train", "sft", "-c", Example("tiny-sft.yaml"), "--from", run)).ShouldComplain(2).ShouldContain($"--from: {run} is a run's folder; give one of its checkpoints, such as {run}/step-00000010.");
        (await _sgglab.RunAsync("train", "sft", "-c", Example("tiny-sft.yaml"), "--from", Path.Combine(LabHome.Repository, "tests", "golden", "qwen", "qwen2-vl-tiny", "adapter"))).ShouldComplain(2)
            .ShouldContain("holds a LoRA adapter, not a model");
        (await _sgglab.RunAsync("train", "grpo", "-c", Example("tiny-sft.yaml"))).ShouldComplain(2).ShouldContain("Use `train sft`.");
    }

    /// <summary>A run of other settings does not go on in the same folder: the message must not send anybody there.</summary>
    [Fact]
    public async Task A_run_that_its_guard_stops_says_how_to_begin_again_from_its_last_checkpoint()
    {
        var (file, run) = (Path.Combine(_sgglab.Folder, "run.yaml"), Path.Combine(_sgglab.Folder, "run"));
        var text = (await File.ReadAllTextAsync(Example("tiny-sft.yaml"), TestContext.Current.CancellationToken)).Replace("../tests", Path.Combine(LabHome.Repository, "tests"), StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, text + "\nguards: [{ metric: grad_norm, above: 0, steps: 2 }]\ncheckpoints: { every_steps: 1 }\n", TestContext.Current.CancellationToken);

        var stopped = await _sgglab.RunAsync("train", "sft", "-c", file, "--out", run);

        stopped.ExitCode.ShouldBe(1);
        stopped.Error.ShouldContain($"./sgglab train sft -c {file} --from {run}/step-00000001 --out {run}-again");
    }

    [Fact]
    public async Task What_was_not_looked_at_is_said_and_here_the_data_are_read()
    {
        var file = Path.Combine(_sgglab.Folder, "run.yaml");
        var damaged = Path.Combine(LabHome.Repository, "tests", "golden", "datasets", "corrupt", "truncated.parquet");
        var text = (await File.ReadAllTextAsync(Example("tiny-sft.yaml"), TestContext.Current.CancellationToken)).Replace("../tests", Path.Combine(LabHome.Repository, "tests"), StringComparison.Ordinal);
        text = System.Text.RegularExpressions.Regex.Replace(text, @"\btrain: [^,\n}]+", "train: /on/the/worker");
        await File.WriteAllTextAsync(file, System.Text.RegularExpressions.Regex.Replace(text, @"\btest: [^,\n}]+", $"test: {damaged}"), TestContext.Current.CancellationToken);

        var elsewhere = await _sgglab.RunAsync("run", "validate", file);
        elsewhere.ExitCode.ShouldBe(0, elsewhere.Error);
        elsewhere.Output.ShouldContain("Not checked");
        elsewhere.Output.ShouldContain("data.train: /on/the/worker");
        var answer = JsonNode.Parse((await _sgglab.RunAsync("run", "validate", file, "--json")).Output)!;
        ((string)answer["notChecked"]!.AsArray().ShouldHaveSingleItem()!["path"]!).ShouldBe("/on/the/worker");

        var here = await _sgglab.RunAsync("run", "validate", file, "--here");
        here.ExitCode.ShouldBe(1, here.Error);
        here.Error.ShouldContain("data.train: there is no file or folder /on/the/worker here");
        here.Error.ShouldContain($"data.test: {damaged}: does not end with 'PAR1'");
        here.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_demos_file_without_the_demo_says_where_it_comes_from()
    {
        var file = Path.Combine(_sgglab.Folder, "demo.yaml");
        File.Copy(Example("demo.yaml"), file);
        var advice = $"{Path.Combine(_sgglab.Folder, "demo")} is not there: it is a copy of the demo's scenes and untrained model. To have it: ./sgglab up (its first start makes them), then cp -r {_sgglab.Home}/demo {_sgglab.Folder}/demo";

        (await _sgglab.RunAsync("run", "validate", file)).Output.ShouldContain(advice);
        (await _sgglab.RunAsync("run", "validate", file, "--here")).Error.ShouldContain(advice);
        (await _sgglab.RunAsync("train", "sft", "-c", file, "--run", "sft")).ShouldComplain(2).ShouldContain(advice);
        Directory.CreateDirectory(Path.Combine(_sgglab.Home, "demo"));
        (await _sgglab.RunAsync("run", "validate", file)).Output.ShouldContain("To have it: cp -r ");
    }

    [Fact]
    public async Task A_file_of_another_shape_is_answered_in_JSON_with_every_problem()
    {
        var file = Path.Combine(_sgglab.Folder, "shape.yaml");
        await File.WriteAllTextAsync(file, "experiment: mine\nruns:\n  - name: first\n    method: sft\n    sede: 7\n", TestContext.Current.CancellationToken);

        var validated = await _sgglab.RunAsync("run", "validate", file, "--json");

        validated.ExitCode.ShouldBe(2);
        validated.Error.ShouldStartWith("sgglab: ");
        var answer = JsonNode.Parse(validated.Output)!;
        ((bool)answer["ok"]!).ShouldBeFalse();
        answer["problems"]!.AsArray().Select(problem => ((string)problem!["field"]!, (int)problem["line"]!)).ShouldBe(
            [("runs[0].model", 3), ("runs[0].data", 3), ("runs[0].protocol", 3), ("runs[0].sede", 5)]);
        await File.WriteAllTextAsync(file, "name: [unclosed", TestContext.Current.CancellationToken);
        JsonNode.Parse((await _sgglab.RunAsync("run", "validate", file, "--json")).Output)!["problems"]!.AsArray().ShouldHaveSingleItem();
    }

    /// <summary>Files of their own, as those of another installation are: a link to the bundled ones would be taken for them.</summary>
    [Fact]
    public async Task Another_libtorch_takes_the_place_of_the_bundled_one()
    {
        var bundled = Path.Combine(Path.GetDirectoryName(Sgglab.Program)!, "runtimes", "linux-x64", "native");
        var lib = Directory.CreateDirectory(Path.Combine(_sgglab.Folder, "libtorch", "lib")).FullName;
        foreach (var name in new[] { "libc10.so", "libtorch.so", "libtorch_cpu.so" }.Concat(Directory.GetFiles(bundled, "libgomp*").Select(file => Path.GetFileName(file)!)))
            File.Copy(Path.Combine(bundled, name), Path.Combine(lib, name));

        string[] generate = ["generate", "--model", Path.Combine(LabHome.Repository, "tests", "golden", "qwen", "qwen2-vl-tiny"), "--prompt", "a", "--greedy", "--max-new-tokens", "4", "--json"];
        var bundledsAnswer = (await _sgglab.RunAsync(generate)).Output;
        _sgglab.Environment["LD_DEBUG"] = "files"; // The loader tells on standard error which files it maps.
        var answered = await _sgglab.RunAsync([.. generate, "--libtorch", Path.GetDirectoryName(lib)!]);

        answered.ExitCode.ShouldBe(0, answered.Error);
        answered.Output.ShouldBe(bundledsAnswer);
        answered.Error.Split('\n').Where(line => line.Contains("libtorch_cpu.so", StringComparison.Ordinal) && line.Contains("generating link map", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain($"file={lib}/");
    }

    [Fact]
    public async Task A_folder_without_libtorch_is_wrong_use() =>
        (await _sgglab.RunAsync("train", "sft", "-c", Example("tiny-sft.yaml"), "--libtorch", _sgglab.Folder)).ShouldComplain(2).ShouldContain("holds no libtorch.so");

    [Fact]
    public async Task A_server_that_is_not_there_ends_an_evaluation_with_its_address()
    {
        var model = Path.Combine(LabHome.Repository, "tests", "golden", "qwen", "qwen2-vl-tiny");
        var data = Path.Combine(LabHome.Repository, "tests", "golden", "datasets", "hf", "vg150_val_sgg_prompt");
        var said = (await _sgglab.RunAsync("eval", "run", "--model", model, "--data", data, "--split", "train", "--protocol", "r1sgg-sft", "--limit", "1",
            "--server", "http://127.0.0.1:9", "--retries", "0", "--out", Path.Combine(_sgglab.Folder, "p.jsonl"))).Error;
        said.ShouldContain("http://127.0.0.1:9/v1/chat/completions did not answer");
    }
}
