using System.Text.Json;
using SggLab.Contracts.Api;

namespace SggLab.Tracking.Comparisons;

/// <summary>Where specs differ, setting by setting.</summary>
internal static class SettingDifferences
{
    public static IReadOnlyList<SettingDifference> Of(IReadOnlyList<JsonElement> specs)
    {
        var settings = new Dictionary<string, string?[]>(StringComparer.Ordinal);
        for (var i = 0; i < specs.Count; i++)
            foreach (var (path, value) in Flatten("", specs[i]))
            {
                if (!settings.TryGetValue(path, out var values))
                    settings[path] = values = new string?[specs.Count];
                values[i] = value;
            }
        return [.. settings.Where(setting => setting.Value.Distinct().Skip(1).Any()).Select(setting => new SettingDifference(setting.Key, setting.Value))];
    }

    private static IEnumerable<(string Path, string Value)> Flatten(string path, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return [(path, element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText())];
        return element.EnumerateObject().SelectMany(member =>
            Flatten((path.Length == 0 ? "" : path + ".") + JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Name), member.Value));
    }
}
