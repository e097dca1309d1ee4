using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using SggLab.Client;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Postgres;

namespace SggLab.Cli.Site.Checks;

/// <summary>A site in a fresh home of its own, started and stopped by the very commands a person would type. The home stays when the check fails.</summary>
public sealed class TrialSite : IAsyncDisposable
{
    private readonly Action<string> _say;
    private LabClient? _client;

    private TrialSite(LabHome home, Action<string> say) => (Home, _say) = (home, say);

    public LabHome Home { get; }
    public bool Keep { get; set; } = true;
    /// <summary>Many tries: a check kills the site on purpose.</summary>
    public LabClient Client => _client!;

    /// <summary>`up --detach --json` in a new folder; returns once the site says ready.</summary>
    public static async Task<TrialSite> StartAsync(string name, string[] arguments, IReadOnlyDictionary<string, string?> environment, Action<string> say, CancellationToken cancel)
    {
        var site = new TrialSite(new(Directory.CreateTempSubdirectory($"sgglab-check-{name}-").FullName), say);
        try
        {
            var up = await site.RunAsync(["up", "--detach", "--json", "--port", $"{FreePort()}", .. arguments], environment, say, cancel);
            if (!up.Succeeded)
                throw new LabException($"up failed with exit code {up.ExitCode}: {up.LastLines()} Its home is {site.Home.Folder}", up.ExitCode is 2 or 3 ? up.ExitCode : 1);
            using var told = JsonDocument.Parse(up.Output);
            site._client = new LabClient(new Uri(told.RootElement.GetProperty("url").GetString()!), (await File.ReadAllTextAsync(site.Home.AdminTokenFile, cancel)).Trim()) { Tries = 12 };
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    public async Task<IReadOnlyList<RunSummary>> RunsAsync(CancellationToken cancel) => (await Client.StatusAsync(cancel)).Runs;

    /// <summary>Asks every two seconds, telling of each change, until the condition holds or the time is over.</summary>
    public async Task<bool> UntilAsync(Func<IReadOnlyList<RunSummary>, bool> reached, TimeSpan limit, CancellationToken cancel)
    {
        var began = Environment.TickCount64;
        var told = new Dictionary<string, string>();
        while (Environment.TickCount64 - began < limit.TotalMilliseconds)
        {
            try
            {
                var runs = await RunsAsync(cancel);
                foreach (var run in runs.Where(r => told.GetValueOrDefault(r.Id) != r.State))
                    _say($"{run.Name}: {told[run.Id] = run.State}{(run.Message is { } message ? $" ({message})" : "")}");
                if (runs.Count > 0 && reached(runs))
                    return true;
            }
            catch (LabApiException e) when (e.IsTransient)
            {
                // The web site was just killed: the supervisor starts it again.
            }
            await Task.Delay(2000, cancel);
        }
        return false;
    }

    /// <summary>`rebuild --check`: all events folded again give the rows that are served.</summary>
    public async Task<Held> RebuildAgreesAsync(CancellationToken cancel)
    {
        var rebuild = await RunAsync(["rebuild", "--check"], new Dictionary<string, string?>(), _say, cancel);
        return new("a rebuild from the events gives what is served", rebuild.Succeeded, rebuild.LastLines());
    }

    /// <summary>`down`; then whatever still carries this home's mark.</summary>
    public async Task<IReadOnlyList<string>> DownAsync()
    {
        var down = await RunAsync(["down"], new Dictionary<string, string?>(), _say, default);
        var left = ProcessFiles.Running(Home).Select(p => $"{p.Name} {p.Identity.Pid}").Concat(Strays.Find(Home).Select(s => $"process {s.Pid}"));
        return [.. down.Succeeded ? left : left.Prepend($"down exited with code {down.ExitCode}")];
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await DownCommands.StopAsync(Home, _ => { }, default);
        if (Keep)
            _say($"the home stays for a look: {Home.Folder}");
        else
            Directory.Delete(Home.Folder, recursive: true);
    }

    private async Task<CommandResult> RunAsync(string[] arguments, IReadOnlyDictionary<string, string?> environment, Action<string> say, CancellationToken cancel)
    {
        // The user's own site and database play no part.
        var all = new Dictionary<string, string?>(environment) { ["SGGLAB_HOME"] = Home.Folder, ["SGGLAB_SERVER"] = null, ["SGGLAB_POSTGRES"] = null, ["SGGLAB_TOKEN"] = null };
        return await CommandRun.RunAsync(SitePrograms.Dotnet, [SitePrograms.Self, .. arguments], TimeSpan.FromMinutes(12), all,
            line => { if (!line.StartsWith('{')) say("  " + line); }, cancel);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
