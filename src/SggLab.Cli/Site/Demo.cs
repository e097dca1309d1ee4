using System.CommandLine;
using System.Diagnostics;
using SggLab.Client;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Specs;
using SggLab.Training.Demo;

namespace SggLab.Cli.Site;

/// <summary>The experiment that a new site begins with: its data and base model are made once, and it is queued once.</summary>
internal static class Demo
{
    public static string Folder(LabHome home) => Path.Combine(home.Folder, "demo");

    private static string Marker(LabHome home) => Path.Combine(home.Folder, "demo-queued");

    /// <summary>Makes scenes and base model beside the start of the database. Null when there is nothing to queue: an old home, or --no-demo.</summary>
    public static async Task<ExperimentSpec?> PrepareAsync(UpOptions options, Action<string> say, CancellationToken stop)
    {
        if (!options.Demo || File.Exists(Marker(options.Home)))
            return null;
        var folder = Folder(options.Home);
        if (!Directory.Exists(folder))
            await MakeAsync(options.Home, folder, say, stop);
        return DemoExperiment.Spec(folder);
    }

    public static async Task QueueAsync(UpOptions options, string url, ExperimentSpec? demo, Action<string> say, CancellationToken stop)
    {
        if (demo is null)
            return;
        using var client = new LabClient(new Uri(url), (await File.ReadAllTextAsync(options.Home.AdminTokenFile, stop)).Trim());
        ExperimentQueued queued;
        try { queued = await client.QueueAsync(demo, "demo", stop); }
        catch (LabApiException e) when (e.IsConflict)
        {
            // Queued by another release, whose demo was another one.
            await File.WriteAllTextAsync(Marker(options.Home), "queued before\n", stop);
            return;
        }
        await File.WriteAllTextAsync(Marker(options.Home), queued.ExperimentId + "\n", stop);
        say($"queued the demo experiment \"{demo.Experiment}\": {queued.Runs.Count} runs");
    }

    /// <summary>In a process of its own: libtorch's memory and threads leave with it. Under another name until it is whole.</summary>
    private static async Task MakeAsync(LabHome home, string folder, Action<string> say, CancellationToken stop)
    {
        var began = Stopwatch.StartNew();
        say("making the demo's scenes and its untrained model …");
        var unfinished = folder + ".new";
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        var environment = new Dictionary<string, string?> { [Strays.Variable] = home.Folder };
        var run = await Postgres.CommandRun.RunAsync(SitePrograms.Dotnet, [SitePrograms.Self, DemoCommands.Prepare, unfinished], TimeSpan.FromMinutes(10), environment, cancel: stop);
        if (!run.Succeeded)
            throw new LabException($"The demo could not be made: {run.LastLines()} Start without it: ./sgglab up --no-demo", 3);
        Directory.Move(unfinished, folder);
        say($"made the demo in {began.Elapsed.TotalSeconds:0} s");
    }
}

public static class DemoCommands
{
    internal const string Prepare = "prepare-demo";

    /// <summary>Hidden: `up` runs it in a process of its own.</summary>
    public static Command Create()
    {
        var folder = new Argument<string>("DIR");
        var command = new Command(Prepare, "Make the demo's scenes and its untrained model in a folder.") { Hidden = true };
        command.Add(folder);
        command.SetAction(parsed => DemoExperiment.Prepare(parsed.GetRequiredValue(folder)));
        return command;
    }
}
