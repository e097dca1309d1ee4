using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Cli.Site;

public static class UpCommands
{
    public static Command Create()
    {
        var home = HomeOption.Create();
        var port = new Option<int?>("--port") { Description = "Port of the web site on loopback; by default last time's, or 5080." };
        var workers = new Option<int>("--workers") { Description = "Worker processes on this machine; the cores are shared out among them.", DefaultValueFactory = _ => 2 };
        var postgres = new Option<string?>("--postgres") { Description = "Connection string of a PostgreSQL to use, also SGGLAB_POSTGRES. It is remembered for this home.", HelpName = "CONNECTION" };
        var noDemo = new Option<bool>("--no-demo") { Description = "Do not queue the demo experiment at the first start." };
        var detach = new Option<bool>("--detach", "-d") { Description = "Return once the site answers; it goes on in the background." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document on standard output once the site answers." };
        var background = new Option<bool>("--background") { Hidden = true };
        var command = new LabCommand("up", "Start the web site and its workers, with a database of their own; the first time the demo experiment is queued.")
        {
            Examples = ["./sgglab up                                 # in this terminal, until Ctrl-C", "./sgglab up --detach --json                 # in the background",
                "./sgglab up --port 8080 --workers 4", "./sgglab up --postgres 'Host=db;Username=sgglab;Password=…;Database=sgglab'"],
            OwnsSignals = true,
            GoesOnUnread = true,
        };
        foreach (var option in new Option[] { home, port, workers, postgres, noDemo, detach, json, background })
            command.Add(option);
        command.SetAction(async parsed =>
        {
            var options = new UpOptions
            {
                Home = LabHome.Find(parsed.GetValue(home)),
                Port = parsed.GetValue(port),
                Workers = parsed.GetValue(workers),
                Demo = !parsed.GetValue(noDemo),
                Postgres = parsed.GetValue(postgres),
            };
            options.Check();
            HomeFolder.Prepare(options.Home);
            if (parsed.GetValue(detach))
                await DetachedUp.RunAsync(options, parsed.GetValue(json));
            else
                await RunHereAsync(options, parsed.GetValue(json), parsed.GetValue(background));
            return 0;
        });
        return command;
    }

    /// <summary>In this terminal until Ctrl-C; a second Ctrl-C cuts the waiting short.</summary>
    private static async Task RunHereAsync(UpOptions options, bool json, bool background)
    {
        using var hold = await SiteLock.TakeAsync(options.Home);
        if (hold is null)
        {
            await TellAlreadyUpAsync(options, json);
            return;
        }
        using var stop = new CancellationTokenSource();
        using var hurry = new CancellationTokenSource();
        void Leave(PosixSignalContext context)
        {
            context.Cancel = true;
            (stop.IsCancellationRequested && context.Signal == PosixSignal.SIGINT ? hurry : stop).Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Leave);
        var display = new UpDisplay(options.Home, live: !json && !background && !Console.IsOutputRedirected);
        Task shown = Task.CompletedTask;
        try
        {
            await new Supervisor(options, display.Say).RunAsync(site =>
            {
                if (json)
                    Console.WriteLine(UpResult.Of(options.Home, site).ToJson());
                else
                    UpResult.Of(options.Home, site).Tell(display.Say);
                shown = display.RunAsync(site, stop.Token);
                return Task.CompletedTask;
            }, stop.Token, hurry.Token);
        }
        finally
        {
            await stop.CancelAsync();
            await shown;
        }
    }

    /// <summary>Somebody else's `up` holds the site: wait until it is ready and say where it is.</summary>
    /// <exception cref="LabException">It runs on another port than the one asked for.</exception>
    internal static async Task TellAlreadyUpAsync(UpOptions options, bool json)
    {
        var home = options.Home;
        var free = 0;
        for (var waited = 0; waited < 600; waited++)
        {
            if (ProcessFiles.Running(home).Any(p => p.Role == "supervisor") && SiteFile.Read(home) is { State: "ready" } site)
            {
                if (options.Port is { } port && new Uri(site.Url).Port != port)
                    throw new LabException($"The site of {home.Folder} runs at {site.Url}, so --port {port} has no effect. Stop it first: ./sgglab down");
                Console.Error.WriteLine($"already up: {site.Url}");
                if (json)
                    Console.WriteLine(UpResult.Of(home, site).ToJson());
                return;
            }
            if (waited % 10 == 0)
                Console.Error.WriteLine("another up is starting this site; waiting for it …");
            await Task.Delay(500);
            // The other's supervisor may be seconds from taking the lock: its process has to start first.
            free = SiteLock.IsFree(home) ? free + 1 : 0;
            if (free >= 20)
                throw new LabException($"The other up ended before the site was ready. Its log may be {Path.Combine(home.Logs, "supervisor.log")}; run the command again.", 3);
        }
        throw new LabException($"Another up has been starting this site for five minutes. Stop it with ./sgglab down --home {home.Folder}", 3);
    }
}

/// <summary>What `up --json` prints.</summary>
public sealed record UpResult(string Url, string Home, PostgresInfo? Postgres, string AdminTokenFile, string AdminPasswordFile)
{
    public static UpResult Of(LabHome home, SiteFile site) => new(site.Url, home.Folder, site.Postgres, home.AdminTokenFile, home.AdminPasswordFile);

    public string ToJson() => JsonSerializer.Serialize(this, JsonFile.Contract);

    public void Tell(Action<string> say)
    {
        say($"ready: {Url}");
        say($"sign in as admin with the password in {AdminPasswordFile}; scripts use the token in {AdminTokenFile}");
    }
}
