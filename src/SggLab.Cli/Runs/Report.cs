using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SggLab.Contracts;
using Spectre.Console;

namespace SggLab.Cli.Runs;

/// <summary>What a command prints: JSON for programs, tables for people. All of it is UTF-8 on standard output.</summary>
internal static class Report
{
    // Scripts ask for members by name: one without a value is there all the same.
    private static readonly JsonSerializerOptions Whole = new(LabJson.Indented) { DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    public static void Json<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, Whole));

    public static void JsonLine<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, LabJson.Options));

    /// <summary>A table without lines, so that it can be cut and searched; columns named with a leading &gt; hold numbers.</summary>
    public static void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string?>> rows, string empty)
    {
        var all = rows.ToList();
        if (all.Count == 0)
        {
            Console.Out.WriteLine(empty);
            return;
        }
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(new Markup($"[bold]{Markup.Escape(column.TrimStart('>'))}[/]")) { NoWrap = true, Padding = new Padding(0, 0, 2, 0), Alignment = column.StartsWith('>') ? Justify.Right : Justify.Left });
        foreach (var row in all) table.AddRow(row.Select(cell => new Text(cell ?? "")));
        Terminal().Write(table);
    }

    public static void Pairs(IEnumerable<(string Name, string? Value)> pairs)
    {
        var shown = pairs.Where(p => !string.IsNullOrEmpty(p.Value)).ToList();
        var width = shown.Count == 0 ? 0 : shown.Max(p => p.Name.Length);
        foreach (var (name, value) in shown) Console.Out.WriteLine($"{name.PadRight(width)}  {value}");
    }

    public static string Percent(double? share) => share is { } value ? (value * 100).ToString("0.0", CultureInfo.InvariantCulture) : "";

    /// <summary>An AP in percent; a dash for COCO's -1: there was nothing to find.</summary>
    public static string AveragePrecision(double? share) => share < 0 ? "–" : Percent(share);

    /// <summary>A figure with its interval, in percent, such as 41.2 (38.9–43.5).</summary>
    public static string Percent(double value, double low, double high) => $"{Percent(value)} ({Percent(low)}–{Percent(high)})";

    public static string Step(int step, int? total) => total is { } all ? $"{step}/{all}" : step.ToString(CultureInfo.InvariantCulture);

    public static string Time(DateTimeOffset? at) => at?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";

    private static IAnsiConsole Terminal()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        // A pipe has no width: nothing is cut there.
        if (Console.IsOutputRedirected) console.Profile.Width = 400;
        return console;
    }
}
