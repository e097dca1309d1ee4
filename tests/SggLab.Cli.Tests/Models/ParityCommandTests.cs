using System.Text.Json;
using System.Text.Json.Nodes;
using SggLab.Cli.Site;
using SggLab.Cli.Tests.Site;

namespace SggLab.Cli.Tests.Models;

public sealed class ParityCommandTests : IDisposable
{
    private static readonly string Golden = Path.Combine(LabHome.Repository, "tests", "golden", "qwen");
    private readonly Sgglab _sgglab = new();

    /// <summary>Log-probabilities, entropies, advantages, 24 objectives and their gradients of each family.</summary>
    [Theory]
    [InlineData("qwen2-vl-tiny")]
    [InlineData("qwen2_5-vl-tiny")]
    [InlineData("qwen3-vl-tiny")]
    public async Task Every_GRPO_objective_of_a_golden_folder_is_ok(string model)
    {
        var folder = GrpoOf(model);

        var result = await _sgglab.RunAsync("parity", folder, "--json");

        result.ExitCode.ShouldBe(0, result.Error);
        var items = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        items.ShouldAllBe(i => i.GetProperty("ok").GetBoolean());
        items.Count(i => i.GetProperty("item").GetString()!.EndsWith("/loss", StringComparison.Ordinal)).ShouldBe(24);
        items.Count(i => i.GetProperty("item").GetString()!.Contains("/grpo/grad/", StringComparison.Ordinal)).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_changed_number_is_not_ok_and_the_answer_is_no()
    {
        var folder = GrpoOf("qwen2-vl-tiny");
        Edit(folder, json => json["cases"]![3]!["loss"] = 0.25);

        var result = await _sgglab.RunAsync("parity", folder);

        result.ExitCode.ShouldBe(1, result.Error);
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var bad = lines.Where(l => l.StartsWith("NOT OK", StringComparison.Ordinal)).ToList();
        bad.Count.ShouldBe(2, "where it was compared and again at the end, where it is looked for");
        (bad[0], bad[1]).ShouldBe((bad[1], lines[^2]));
        lines[^1].ShouldMatch(@"^\d+ items, 1 not ok \(\d+ s\)$");
        result.Output.ShouldContain("largest_difference_to_trl: not compared (");
    }

    [Theory]
    [InlineData("loss_type", "\"cispo\"", "cases[0].loss_type is \"cispo\"; wanted is grpo")]
    [InlineData("new_metric", "1", "the key cases[0].new_metric (= 1) is unknown, so nothing compares it")]
    [InlineData("loss", "null", "cases[0].loss is null; wanted is a number")]
    public async Task A_damaged_claim_is_named_with_file_and_key(string key, string value, string message)
    {
        var folder = GrpoOf("qwen2-vl-tiny");
        Edit(folder, json => json["cases"]![0]![key] = JsonNode.Parse(value));

        var result = await _sgglab.RunAsync("parity", folder);

        result.ExitCode.ShouldBe(2);
        result.Error.ShouldContain(Path.Combine(folder, "grpo.json"));
        result.Error.ShouldContain(message);
        result.Error.ShouldNotContain("not foreseen");
    }

    public void Dispose() => _sgglab.Dispose();

    /// <summary>A model folder with what GRPO claims and nothing else.</summary>
    private string GrpoOf(string model)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_sgglab.Folder, model)).FullName;
        Directory.CreateSymbolicLink(Path.Combine(_sgglab.Folder, "inputs"), Path.Combine(Golden, "inputs"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "adapter"), Path.Combine(Golden, model, "adapter"));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Golden, model)).Where(f => Path.GetFileName(f) is "config.json" or "golden.json" || Path.GetFileName(f).StartsWith("grpo", StringComparison.Ordinal) || Path.GetFileName(f).StartsWith("model", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        return folder;
    }

    private static void Edit(string folder, Action<JsonObject> edit)
    {
        var path = Path.Combine(folder, "grpo.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        edit(json);
        File.WriteAllText(path, json.ToJsonString());
    }
}
