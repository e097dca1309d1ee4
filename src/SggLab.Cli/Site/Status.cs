using System.CommandLine;
using System.Text.Json;
using SggLab.Contracts.Api;
using Spectre.Console;

namespace SggLab.Cli.Site;

public static class StatusCommands
{
    public static Command Create()
    {
        var home = HomeOption.Create();
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new LabCommand("status", "Show what runs: the site's processes, its runs and its workers.")
        {
            Examples = ["./sgglab status", "./sgglab status --json | jq '.runs[] | {name, state, step}'"],
        };
        command.Add(home);
        command.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            var reading = await SiteReading.ReadAsync(LabHome.Find(parsed.GetValue(home)), cancel);
            if (parsed.GetValue(json))
                Console.WriteLine(JsonSerializer.Serialize(StatusDocument.Of(reading), JsonFile.Contract));
            else
                StatusTable.Write(reading);
            return 0;
        });
        return command;
    }
}

/// <summary>What `status --json` prints.</summary>
public sealed record StatusDocument(bool Ready, IReadOnlyList<StatusRun> Runs, IReadOnlyList<WorkerSummary> Workers, IReadOnlyList<StatusProcess> Processes, string Url, string? Problem)
{
    public static StatusDocument Of(SiteReading reading) => new(
        reading.Site?.Ready ?? false,
        [.. (reading.Site?.Runs ?? []).Select(r => new StatusRun(r.Id, r.Name, r.Variant, r.Method, r.Seed, r.State, r.Attempt, r.Step, r.TotalSteps, r.Experiment, r.ExperimentId, r.Message))],
        reading.Site?.Workers ?? [],
        [.. reading.Processes.Select(p => new StatusProcess(p.Role, p.Identity.Pid, p.Name))],
        reading.Url,
        reading.Problem);
}

public sealed record StatusRun(string Id, string Name, string? Variant, string Method, int Seed, string State, int Attempt, int Step, int? TotalSteps, string Experiment, string ExperimentId, string? Message);

public sealed record StatusProcess(string Role, int Pid, string Name);
