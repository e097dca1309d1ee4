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

    public void Dispose() => _sgglab.Dispose();
}
