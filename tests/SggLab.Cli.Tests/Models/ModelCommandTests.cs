using System.Text.Json;
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

    public void Dispose() => _sgglab.Dispose();
}
