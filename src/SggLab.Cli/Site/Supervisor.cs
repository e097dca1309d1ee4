using System.Globalization;
using SggLab.Cli.Site.Machine;
using SggLab.Contracts;
using SggLab.Postgres;
using SggLab.Tracking.Store;

namespace SggLab.Cli.Site;

/// <summary>Starts the parts of the site in order, starts again what dies, and stops all of it in the opposite order.</summary>
public sealed class Supervisor(UpOptions options, Action<string> say)
{
    private readonly LabHome _home = options.Home;
    private readonly List<SupervisedProcess> _workers = [];
    private SupervisedProcess? _web;
    private ProvisionedPostgres? _postgres;
    /// <summary>Told to the web process, which names it in /health.</summary>
    private readonly string _instance = Guid.NewGuid().ToString("n");
    private Task? _restart;
    private string _url = "";
    /// <summary>Of the last start that came to an end: an earlier one's until this one is ready.</summary>
    private SiteFile? _last;

    /// <param name="ready">Called once the site answers.</param>
    /// <param name="stop">Asks for a clean stop.</param>
    /// <param name="hurry">Cuts the waits of the stop short.</param>
    public async Task RunAsync(Func<SiteFile, Task> ready, CancellationToken stop, CancellationToken hurry)
    {
        // One that was killed left "ready" behind: nobody may take that for us.
        _last = SiteFile.Read(_home);
        if (_last is { State: "ready" })
            (_last with { State = "starting" }).Write(_home);
        ProcessFiles.Write(_home, new("supervisor", "supervisor", ProcessIdentity.Of(Environment.ProcessId)!));
        try
        {
            await StartAsync(stop);
            await ready(SiteFile.Read(_home)!);
            await WatchAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop: that is not an error.
        }
        finally
        {
            await StopAsync(hurry);
            ProcessFiles.Remove(_home, "supervisor");
        }
    }

    private async Task StartAsync(CancellationToken stop)
    {
        if (options.Workers > 0)
            await Libstdcpp.EnsureAsync(say, stop);
        await SiteStop.StopLeftoversAsync(_home, say, hurry: default);
        TakePort(_last is { Url.Length: > 0 } ? new Uri(_last.Url).Port : null);
        var demo = Demo.PrepareAsync(options, say, stop);
        _postgres = await SitePostgres.ProvideAsync(_home, options.Postgres, say, stop);
        NotePostgres();
        say($"PostgreSQL {_postgres.Version} ({_postgres.Kind}); bringing the schema up to date …");
        await LabDatabase.MigrateAsync(_postgres.ConnectionString, stop);
        if (await LabDatabase.CreateFirstAdministratorAsync(_postgres.ConnectionString, _home.Folder, stop))
            say($"wrote a password and tokens for the administrator and the workers into {_home.Folder}");
        await StartWebAsync(stop);
        for (var number = 1; number <= options.Workers; number++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"worker-{number}");
            _workers.Add(new("worker", name, _home, () => PlanWorker(name), say));
            _workers[^1].Start();
        }
        await Demo.QueueAsync(options, _url, await demo, say, stop);
        _last = new SiteFile(_url, "ready", new(_postgres.Kind, _postgres.Version));
        _last.Write(_home);
    }

    private void TakePort(int? lastTime)
    {
        var port = WebPort.Choose(options.Port, lastTime);
        _url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        new SiteFile(_url, "starting", null).Write(_home);
    }

    /// <summary>Between the look at a port and the web process listening there, another program may take it: then another port, unless this one was asked for.</summary>
    private async Task StartWebAsync(CancellationToken stop)
    {
        for (var tries = 1; ; tries++)
        {
            _web = new("web", "web", _home, PlanWeb, say, mayBeGivenUp: false);
            _web.Start();
            if (await WebHealth.WaitAsync(_url, _instance, _web, say, stop))
                return;
            _web.Send(ProcessSignal.Kill);
            _web.LetGo();
            say($"{_url} was taken by another program at this moment");
            if (tries == 5)
                throw new LabException("Each port that was free went to another program. Give one with --port.", 3);
            TakePort(null);
        }
    }

    private async Task WatchAsync(CancellationToken stop)
    {
        for (var round = 0L; ; round++)
        {
            await Task.Delay(250, stop);
            _web!.Watch();
            foreach (var worker in _workers)
                worker.Watch();
            if (_restart is null && await PostgresIsGoneAsync(round, stop))
                _restart = RestartPostgresAsync(stop);
            else if (_restart is { IsCompleted: true } done)
            {
                _restart = null;
                await done;
            }
            if (round % 240 == 0)
                foreach (var process in _workers.Append(_web))
                    process.TrimLog();
        }
    }

    /// <summary>A postmaster's death is seen at once; a container is asked about every five seconds: one that was started again has another port.</summary>
    private async Task<bool> PostgresIsGoneAsync(long round, CancellationToken stop) => _postgres switch
    {
        { Kind: "local" } => _postgres is { Process.IsAlive: false },
        { Kind: "docker" } => round % 20 == 0 && await DockerPostgres.StartedAtAsync(_home.Postgres, stop) != _postgres.Container!.StartedAt,
        _ => false,
    };

    /// <summary>Web and workers wait for it by themselves, however long it takes; only a new address needs a new web process.</summary>
    private async Task RestartPostgresAsync(CancellationToken stop)
    {
        say("PostgreSQL is gone; starting it again");
        var before = _postgres!.ConnectionString;
        for (var tries = 1; ; tries++)
        {
            try
            {
                _postgres = await SitePostgres.ProvideAsync(_home, options.Postgres, say, stop);
                break;
            }
            catch (LabException e)
            {
                // After a kill -9 its children hold the shared memory for a moment; Docker, or a full disk, may take somebody's help.
                say($"{e.Message} (try {tries}; the site waits for it)");
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(30, tries)), stop);
            }
        }
        NotePostgres();
        if (_postgres.ConnectionString != before)
            _web!.Send(ProcessSignal.Terminate);
        say("PostgreSQL answers again");
    }

    /// <summary>A local server is found by its data folder; a container's process only by what Docker says.</summary>
    private void NotePostgres()
    {
        if (_postgres is { Kind: "docker", Process: { } process })
            ProcessFiles.Write(_home, new("postgres", "postgres", process));
    }

    private async Task StopAsync(CancellationToken hurry)
    {
        say("stopping …");
        if (_restart is { } restart)
            await Task.WhenAny(restart);
        foreach (var process in _workers.Append(_web).OfType<SupervisedProcess>())
            process.LetGo();
        await SiteStop.StopLeftoversAsync(_home, say, hurry);
        if (_postgres is { Kind: not "connection" })
            await PostgresProvider.StopAsync(_home.Postgres);
        ProcessFiles.Remove(_home, "postgres");
        // A start that failed leaves the address of the last one that did not, or none.
        if (_last is null)
            File.Delete(_home.SiteFile);
        else
            (_last with { State = "stopped" }).Write(_home);
        say("stopped");
    }

    private LaunchPlan PlanWeb() => new([SitePrograms.Dotnet, SitePrograms.Find("SggLab.Web")], new Dictionary<string, string>
    {
        ["SGGLAB_POSTGRES"] = _postgres!.ConnectionString,
        ["ASPNETCORE_URLS"] = _url,
        ["SGGLAB_INSTANCE"] = _instance,
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["Logging__LogLevel__Microsoft.AspNetCore"] = "Warning",
        // One small site beside two trainers: a heap a core would only take their memory.
        ["DOTNET_gcServer"] = "0",
    });

    private LaunchPlan PlanWorker(string name)
    {
        var threads = Math.Max(1, Environment.ProcessorCount / Math.Max(1, options.Workers)).ToString(CultureInfo.InvariantCulture);
        // A step lower in priority, so that pages answer while both cores train.
        return new(["nice", "-n", "5", SitePrograms.Dotnet, SitePrograms.Find("SggLab.Worker"), "--server", _url, "--token-file", _home.WorkerTokenFile,
                "--state", Path.Combine(_home.Folder, "workers", name), "--threads", threads, "--grace", "20"],
            new Dictionary<string, string> { ["OMP_NUM_THREADS"] = threads, ["DOTNET_gcServer"] = "0" });
    }
}
