using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.Postgres;
using SggLab.Tracking.Store;

namespace SggLab.Cli.Site;

public static class RebuildCommands
{
    public static Command Create()
    {
        var model = new Argument<string?>("projection") { Description = "One projection only (queue, access, life, curves), or the tables whose name begins so, such as run_row; all where none is named.", Arity = ArgumentArity.ZeroOrOne };
        var check = new Option<bool>("--check") { Description = "Compare a rebuild from all events with what is served; nothing is changed. Exit code 1 on a difference, where an event could not be folded, or where a projection stands still." };
        var home = HomeOption.Create();
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new LabCommand("rebuild", "Fold all events again and compare the read models that come out with those that are served.")
        {
            Examples = ["./sgglab rebuild --check", "./sgglab rebuild curves --check --json"],
        };
        command.Add(model);
        foreach (var option in new Option[] { check, home, json })
            command.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            if (!parsed.GetValue(check))
                throw new LabException("Say --check: this release compares a rebuild with what is served. It replaces nothing.");
            var report = await RunAsync(LabHome.Find(parsed.GetValue(home)), parsed.GetValue(model), cancel);
            if (parsed.GetValue(json))
                Console.WriteLine(JsonSerializer.Serialize(report, JsonFile.Contract));
            else
                Console.WriteLine($"{report.Events} events, {report.Tables.Count} tables: {(report.Differences.Count == 0 ? "a rebuild gives the same rows" : string.Join("\n", report.Differences))}{string.Concat(report.DeadLetters.Select(letter => $"\n{letter}"))}");
            foreach (var late in report.Late)
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sgglab: projection {late.Name} stands still: an event has waited for {late.Waiting.TotalSeconds:0} s, so what is served lacks the newest. Is the site up? ./sgglab status; ./sgglab logs web"));
            return report.IsSound ? 0 : 1;
        });
        return command;
    }

    private static async Task<RebuildReport> RunAsync(LabHome home, string? model, CancellationToken cancel)
    {
        var ranBefore = ProcessFiles.Running(home).Any(p => p.Role is "postgres" or "supervisor");
        var postgres = await SitePostgres.ProvideAsync(home, null, Console.Error.WriteLine, cancel);
        try { return await RebuildCheck.RunAsync(postgres.ConnectionString, model, cancel); }
        finally
        {
            if (!ranBefore && postgres.Kind != "connection")
                await PostgresProvider.StopAsync(home.Postgres);
        }
    }
}
