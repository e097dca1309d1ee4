using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using SggLab.Contracts.Specs;

namespace SggLab.Training.Tests;

/// <summary>docs/training.md lists every setting of a run file with its default.</summary>
public partial class TrainingDocumentTests
{
    [GeneratedRegex(@"^\| `([a-z0-9_.]+)` \| ([^|]*) \| ([^|]*) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    private static string Document { get; } = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(Golden.Root))!, "docs", "training.md"));

    [Fact]
    public void Every_setting_is_listed_with_its_default_and_nothing_else_is()
    {
        var listed = Row().Matches(Document).Where(row => row.Groups[1].Value != "weights" && row.Groups[1].Value != "full").ToDictionary(row => row.Groups[1].Value, row => row.Groups[2].Value.Trim());
        var wanted = SettingsOf(typeof(RunSpec), "").Concat(SettingsOf(typeof(LoraSpec), "lora.")).Concat(SettingsOf(typeof(ServerSettings), "server."))
            .Concat(SettingsOf(typeof(GuardSettings), "guards.")).ToDictionary(pair => pair.Name, pair => pair.Default);
        listed.Keys.Except(wanted.Keys).ShouldBeEmpty("these are no settings");
        wanted.Keys.Except(listed.Keys).ShouldBeEmpty("these are not in docs/training.md");
        foreach (var (name, standard) in wanted)
            listed[name].ShouldBe(standard, name);
    }

    private static IEnumerable<(string Name, string Default)> SettingsOf(Type type, string prefix)
    {
        var standard = Activator.CreateInstance(type)!;
        foreach (var member in type.GetProperties().Where(member => member.CanWrite))
        {
            var name = prefix + JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Name);
            var kind = Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType;
            if (kind == typeof(LoraSpec) || kind == typeof(ServerSettings) || kind == typeof(IReadOnlyList<GuardSettings>))
                continue;
            if (kind.IsClass && kind != typeof(string))
                foreach (var setting in SettingsOf(kind, name + "."))
                    yield return setting;
            else
                yield return (name, member.IsDefined(typeof(RequiredMemberAttribute)) ? "required" : Text(member.GetValue(standard)));
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "none",
        bool flag => flag ? "true" : "false",
        string text => text,
        IEnumerable items => string.Join(", ", items.Cast<object>()) is { Length: > 0 } list ? list : "none",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
