using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SggLab.Cli.Site.Machine;
using SggLab.Postgres;
using Spectre.Console;

namespace SggLab.Cli.Site;

public static class DoctorCommands
{
    public static Command Create()
    {
        var home = HomeOption.Create();
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new LabCommand("doctor", "Check what this machine has and say what to do about the rest. Exit code 1 when something needed is missing.")
        {
            Examples = ["./sgglab doctor", "./sgglab doctor --json"],
        };
        command.Add(home);
        command.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            var findings = await Diagnosis.MakeAsync(LabHome.Find(parsed.GetValue(home)), cancel);
            var well = findings.All(f => f.Ok || !f.Needed);
            if (parsed.GetValue(json))
                Console.WriteLine(JsonSerializer.Serialize(new { Ok = well, Checks = findings }, JsonFile.Contract));
            else
                foreach (var f in findings)
                    AnsiConsole.MarkupLine($"{(f.Ok ? "[green]ok  [/]" : f.Needed ? "[red]MISS[/]" : "[grey]none[/]")} {Markup.Escape(f.Name),-12} {Markup.Escape(f.Found)}{(f.Remedy is null ? "" : "\n       " + Markup.Escape(f.Remedy.Replace("\n", "\n       ", StringComparison.Ordinal)))}");
            return well ? 0 : 1;
        });
        return command;
    }
}

/// <param name="Needed">`up` does not work without it.</param>
/// <param name="Found">What there is.</param>
/// <param name="Remedy">What to do where it is missing.</param>
public sealed record Finding(string Name, bool Ok, bool Needed, string Found, string? Remedy = null);

/// <summary>Looks at the parts of the environment one by one; changes nothing.</summary>
public static class Diagnosis
{
    public static async Task<IReadOnlyList<Finding>> MakeAsync(LabHome home, CancellationToken cancel) =>
    [
        new("system", true, true, $"{System.Runtime.InteropServices.RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, {Gigabytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)} memory"),
        new(".NET", true, true, Environment.Version.ToString()),
        await LibstdcppAsync(),
        await PostgresAsync(home, cancel),
        Disk(home),
        await DockerAsync(cancel),
        Browser(),
        await GpuAsync(cancel),
        Site(home),
    ];

    private static async Task<Finding> LibstdcppAsync()
    {
        var (path, newEnough) = await Libstdcpp.FindAsync();
        return new("libstdc++", newEnough, true, path ?? "not found", newEnough ? null : Libstdcpp.Remedy);
    }

    /// <summary>In the order in which `up` looks: a server that was named, Docker with an image, the programs here. Nothing is made or started.</summary>
    private static async Task<Finding> PostgresAsync(LabHome home, CancellationToken cancel)
    {
        var (given, saved) = SitePostgres.Named(home, null);
        if ((given ?? saved) is { } named)
            return await NamedPostgresAsync(named, given is null ? SitePostgres.SavedFile(home) : "SGGLAB_POSTGRES", cancel);
        var folder = new PostgresFolder(home.Postgres);
        if (folder.Kind != "local" && await DockerPostgres.FindImageAsync(mayPull: false, _ => { }, cancel) is { } image)
            return Postgres(true, $"{image} in a container");
        if (folder.Kind == "docker")
            return Postgres(false, $"this site's database lies in the Docker volume {DockerPostgres.ContainerName(home.Postgres)}, and Docker does not answer or lacks the image", "Start Docker.");
        var found = await PostgresBinaries.FindAsync();
        if (folder.Major is { } major && found.All(b => $"{b.Major}" != major))
            return Postgres(false, $"the database in {folder.Data} was made by PostgreSQL {major}, which is not here", $"sudo apt-get install -y postgresql-{major}");
        if (found.Count > 0)
            return Postgres(true, string.Join(", ", found.Select(b => $"{b.Version} in {b.Folder}")));
        return Postgres(AptPackages.Possible, AptPackages.Possible ? "none; ./sgglab up installs it by apt" : "none", "Docker with an image postgres:17, or: sudo apt-get install -y postgresql, or a server in SGGLAB_POSTGRES");
    }

    private static async Task<Finding> NamedPostgresAsync(string connection, string from, CancellationToken cancel)
    {
        try
        {
            var (version, exists) = await GivenPostgres.ProbeAsync(connection, "sgglab", cancel);
            return Postgres(true, $"{version}, named by {from}{(exists ? "" : "; it lacks the database, which up makes")}");
        }
        catch (Contracts.LabException e) { return Postgres(false, $"the server named by {from} cannot be used", e.Message); }
    }

    private static Finding Postgres(bool ok, string found, string? remedy = null) => new("PostgreSQL", ok, true, found, remedy);

    private static Finding Disk(LabHome home)
    {
        var (at, free) = FreeSpace.Under(home.Folder);
        return new("disk", free > 2L << 30, false, $"{Gigabytes(free)} free in {at}", free > 2L << 30 ? null : "The demo takes about 1 GB. Free some space, or name another folder with SGGLAB_HOME.");
    }

    private static async Task<Finding> DockerAsync(CancellationToken cancel)
    {
        var run = await CommandRun.RunAsync("docker", ["info", "--format", "{{.ServerVersion}}"], TimeSpan.FromSeconds(10), cancel: cancel);
        return new("Docker", run.Succeeded, false, run.Succeeded ? run.Output.Trim() : "does not run here; it is not needed");
    }

    private static Finding Browser() => Chromium.Find() is { } path ? new("Chromium", true, false, path) : new("Chromium", false, false, "none; only the browser tests need it", Chromium.Remedy);

    private static async Task<Finding> GpuAsync(CancellationToken cancel)
    {
        var run = await CommandRun.RunAsync("nvidia-smi", ["--query-gpu=name,memory.total", "--format=csv,noheader"], TimeSpan.FromSeconds(15), cancel: cancel);
        return new("GPU", run.Succeeded, false, run.Succeeded ? run.Output.Trim().Replace("\n", "; ", StringComparison.Ordinal) : "none found; the demo trains on the CPU");
    }

    private static Finding Site(LabHome home)
    {
        var running = ProcessFiles.Running(home);
        return new("site", true, false, running.Count == 0 ? $"not running; home {home.Folder}" : $"{SiteFile.Read(home)?.Url}, {running.Count} processes, home {home.Folder}");
    }

    private static string Gigabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GB");
}
