using System.Text.Json;
using System.Text.Json.Nodes;
using SggLab.Cli.Site;
using SggLab.Cli.Tests.Site;

namespace SggLab.Cli.Tests.Models;

public sealed class ModelCommandTests : IDisposable
{
    private readonly Sgglab _sgglab = new();

    [Fact]
    public async Task A_model_made_from_a_configuration_alone_is_shown_with_what_it_lacks()
    {
        var config = Path.Combine(_sgglab.Folder, "config.json");
        File.Copy(Path.Combine(LabHome.Repository, "tests", "golden", "qwen", "qwen2-vl-tiny", "config.json"), config);
        var model = Path.Combine(_sgglab.Folder, "model");
        (await _sgglab.RunAsync("model", "init", "--config", config, "--seed", "1", "--out", model)).ExitCode.ShouldBe(0);

        var shown = await _sgglab.RunAsync("model", "inspect", model);
        var json = JsonDocument.Parse((await _sgglab.RunAsync("model", "inspect", model, "--json")).Output).RootElement;

        shown.ExitCode.ShouldBe(0, shown.Error);
        shown.Output.ShouldContain("missing: tokenizer.json, preprocessor_config.json, chat_template.json");
        json.GetProperty("missing").GetArrayLength().ShouldBe(3);
        json.GetProperty("parameters").GetInt64().ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("num_hidden_layers", 2_000_000_000, "num_hidden_layers or hidden_size or intermediate_size")]
    [InlineData("vocab_size", 2_000_000_000, "vocab_size or hidden_size")]
    [InlineData("intermediate_size", 2_147_483_647, "num_hidden_layers or hidden_size or intermediate_size")]
    public async Task A_model_that_fits_nowhere_is_refused_before_it_is_begun(string key, int size, string lower)
    {
        var config = Path.Combine(_sgglab.Folder, "config.json");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(LabHome.Repository, "tests", "golden", "qwen", "qwen2-vl-tiny", "config.json"), TestContext.Current.CancellationToken))!;
        json[key] = size;
        await File.WriteAllTextAsync(config, json.ToJsonString(), TestContext.Current.CancellationToken);

        var said = (await _sgglab.RunAsync("model", "init", "--config", config, "--seed", "1", "--out", Path.Combine(_sgglab.Folder, "model"))).ShouldComplain(3);

        said.ShouldContain($"{config}: the model would have ");
        said.ShouldContain($"lower {lower}.");
        Directory.GetFileSystemEntries(_sgglab.Folder).ShouldBe([config]);
    }

    /// <summary>An adapter of another model of the same shapes merges too; only who asked can see that it is the wrong one.</summary>
    [Fact]
    public async Task A_merged_adapter_is_said_to_belong_to_its_base_model()
    {
        var tiny = Path.Combine(LabHome.Repository, "tests", "golden", "qwen", "qwen2-vl-tiny");
        var adapter = Directory.CreateDirectory(Path.Combine(_sgglab.Folder, "adapter")).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(tiny, "adapter")))
            File.Copy(file, Path.Combine(adapter, Path.GetFileName(file)));
        var config = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(adapter, "adapter_config.json"), TestContext.Current.CancellationToken))!;
        config["base_model_name_or_path"] = "some/other-model";
        await File.WriteAllTextAsync(Path.Combine(adapter, "adapter_config.json"), config.ToJsonString(), TestContext.Current.CancellationToken);

        var merged = await _sgglab.RunAsync("model", "convert", tiny, "--merge", adapter, "--out", Path.Combine(_sgglab.Folder, "merged"));

        merged.ExitCode.ShouldBe(0, merged.Error);
        merged.Error.ShouldMatch(@"changes \d+ of the model's \d+ layers and was trained on some/other-model; on other weights it means nothing\.");
    }

    [Theory]
    [InlineData("--seed 4 --greedy", "--seed changes nothing: the likeliest token is taken each time, as --greedy asks.")]
    [InlineData("--seed 4 --temperature 1 --top-k 1", "--seed and --temperature and --top-k change nothing: the likeliest token is taken each time, since top_k is 1")]
    [InlineData("--seed 4 --temperature 1 --top-k 0", "")]
    public async Task Settings_of_a_draw_that_does_not_take_place_are_said_to_change_nothing(string options, string notice)
    {
        var tiny = Path.Combine(LabHome.Repository, "tests", "golden", "qwen", "qwen2-vl-tiny");

        var answered = await _sgglab.RunAsync(["generate", "--model", tiny, "--prompt", "a", "--max-new-tokens", "1", .. options.Split(' ')]);

        answered.ExitCode.ShouldBe(0, answered.Error);
        if (notice.Length == 0) answered.Error.ShouldBeEmpty(); else answered.Error.ShouldContain(notice);
    }

    public void Dispose() => _sgglab.Dispose();
}
