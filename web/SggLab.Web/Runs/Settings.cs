using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Specs;

namespace SggLab.Web.Runs;

/// <summary>A setting in the spelling of the YAML file.</summary>
public sealed record Setting(string Path, string Value);

public static class Settings
{
    /// <summary>Every setting of a run that is set, flat: grpo.group_size and so on.</summary>
    public static IReadOnlyList<Setting> Of(RunSpec spec) => [.. Walk("", JsonSerializer.SerializeToElement(spec, LabJson.Options))];

    private static IEnumerable<Setting> Walk(string path, JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => Walk((path.Length == 0 ? "" : path + ".") + Yaml(member.Name), member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany((item, i) => Walk($"{path}[{i}]", item)),
        JsonValueKind.True or JsonValueKind.False => [new Setting(path, element.GetRawText())],
        _ => [new Setting(path, element.ToString())],
    };

    private static string Yaml(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
