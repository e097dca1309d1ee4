using System.Globalization;
using SggLab.Contracts.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SggLab.Cli.Site;

/// <summary>The summary on a terminal: address, processes, runs with their progress.</summary>
internal static class StatusTable
{
    private const int Bar = 10;
    // A pipe has no width: nothing is cut there.
    private const int Unbounded = 400;

    public static IRenderable Of(SiteReading reading, IEnumerable<string>? news = null)
    {
        var rows = new List<IRenderable> { new Markup(Head(reading)), new Markup(Processes(reading)) };
        rows.AddRange((reading.Site?.Problems ?? []).Select(problem => new Markup($"[yellow]![/] {Markup.Escape(problem)}")));
        if (reading.Site is { Runs.Count: > 0 } site)
            rows.Add(Runs(site.Runs));
        rows.AddRange((news ?? []).Select(line => new Markup($"[grey]{Markup.Escape(line)}[/]")));
        return new Rows(rows);
    }

    public static void Write(SiteReading reading)
    {
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = Unbounded;
        AnsiConsole.Write(Of(reading));
    }

    private static string Head(SiteReading reading) => reading.Site is { Ready: true } ? $"[green]●[/] [bold]{Markup.Escape(reading.Url)}[/]"
        : $"[red]●[/] {Markup.Escape(reading.Url)}  {Markup.Escape(reading.Problem ?? "not ready")}";

    private static string Processes(SiteReading reading) => reading.Processes.Count == 0 ? "[grey]no process runs[/]"
        : "[grey]" + Markup.Escape(string.Join("   ", reading.Processes.Select(p => $"{p.Name} {p.Identity.Pid}"))) + "[/]";

    private static Table Runs(IReadOnlyList<RunSummary> runs)
    {
        var table = new Table().Border(TableBorder.None).AddColumns("id", "run", "experiment", "state", "", "step", "worker");
        // A terminal shows a screenful: what runs first, then the newest.
        foreach (var run in runs.OrderBy(r => r.State switch { "running" => 0, "queued" => 1, "waiting" => 2, _ => 3 }).ThenByDescending(r => r.FinishedAt ?? r.QueuedAt).Take(16))
            table.AddRow(Markup.Escape(run.Id), Markup.Escape(run.Name), Markup.Escape(run.Experiment), Colour(run.State), Progress(run), string.Create(CultureInfo.InvariantCulture, $"{run.Step}{(run.TotalSteps is { } total ? $"/{total}" : "")}"), Markup.Escape(run.Worker ?? ""));
        if (runs.Count > 16)
            table.AddRow($"[grey]and {runs.Count - 16} more[/]");
        return table;
    }

    private static string Progress(RunSummary run)
    {
        var done = run.State == "completed" ? Bar : run.TotalSteps is > 0 and var total ? Math.Clamp(Bar * run.Step / total, 0, Bar) : 0;
        return $"[blue]{new string('━', done)}[/][grey]{new string('─', Bar - done)}[/]";
    }

    private static string Colour(string state) => state switch
    {
        "running" => "[blue]running[/]",
        "completed" => "[green]completed[/]",
        "failed" => "[red]failed[/]",
        _ => $"[grey]{Markup.Escape(state)}[/]",
    };
}
