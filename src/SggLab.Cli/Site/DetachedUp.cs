using System.Diagnostics;
using SggLab.Contracts;

namespace SggLab.Cli.Site;

/// <summary>Starts the supervisor in a session of its own and returns once the site answers; what it says meanwhile is shown here.</summary>
internal static class DetachedUp
{
    public static async Task RunAsync(UpOptions options, bool json)
    {
        if (!SiteLock.IsFree(options.Home))
        {
            await UpCommands.TellAlreadyUpAsync(options, json);
            return;
        }
        var log = Path.Combine(options.Home.Logs, "supervisor.log");
        var from = File.Exists(log) ? new FileInfo(log).Length : 0;
        using var supervisor = Start(options, log);
        while (true)
        {
            var ended = supervisor.HasExited;
            from = await ShowAsync(log, from);
            // In this order: a supervisor takes back what a killed one left in the site's file before it shows itself.
            if (ProcessFiles.Running(options.Home).Any(p => p.Role == "supervisor" && p.Identity.Pid == supervisor.Id) && SiteFile.Read(options.Home) is { State: "ready" } site)
            {
                if (json)
                    Console.WriteLine(UpResult.Of(options.Home, site).ToJson());
                else
                    Console.Error.WriteLine("it goes on in the background; ./sgglab status shows it, ./sgglab down stops it");
                return;
            }
            // Two at once: our supervisor found that of the other up, said so and left.
            if (ended && supervisor.ExitCode == 0)
            {
                await UpCommands.TellAlreadyUpAsync(options, json);
                return;
            }
            if (ended)
                throw new LabException($"the site did not start; its log is {log}", supervisor.ExitCode is 0 or > 3 ? 3 : supervisor.ExitCode);
            await Task.Delay(100);
        }
    }

    private static Process Start(UpOptions options, string log)
    {
        List<string> arguments = ["/bin/sh", "-c", "log=$1; shift; exec \"$@\" </dev/null >>\"$log\" 2>&1", "sh", log,
            SitePrograms.Dotnet, SitePrograms.Self, "up", "--background", "--home", options.Home.Folder, "--workers", $"{options.Workers}"];
        if (options.Port is { } port)
            arguments.AddRange(["--port", $"{port}"]);
        if (!options.Demo)
            arguments.Add("--no-demo");
        var start = new ProcessStartInfo("setsid", arguments);
        // Not as an argument: command lines are public, and it holds a password.
        if (options.Postgres is not null)
            start.Environment["SGGLAB_POSTGRES"] = options.Postgres;
        return Process.Start(start) ?? throw new LabException("setsid could not be started; it comes with util-linux.", 3);
    }

    /// <summary>Copies what was added to the log since the given position to standard error.</summary>
    private static async Task<long> ShowAsync(string log, long from)
    {
        if (!File.Exists(log))
            return from;
        await using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = Math.Min(from, file.Length);
        using var reader = new StreamReader(file);
        await Console.Error.WriteAsync(await reader.ReadToEndAsync());
        return file.Position;
    }
}
