using System.Net;
using System.Net.Sockets;
using SggLab.Client;
using SggLab.Client.Faults;
using SggLab.Contracts.Api;
using SggLab.Contracts.Specs;
using SggLab.PostgresFixture;
using SggLab.Tracking.Store;

namespace SggLab.Worker.Tests.Site;

/// <summary>A site that soon gives a silent run to another worker.</summary>
public sealed class ImpatientSite : LabSite
{
    protected override int GraceSeconds => 6;
}

/// <summary>The real web process on a real PostgreSQL, and worker processes as a test wants them. Set up by commands, as everybody does.</summary>
public class LabSite : IAsyncLifetime
{
    private readonly List<ChildProcess> _workers = [];
    private readonly int _port = FreePort();
    private ChildProcess? _web;
    private string _database = "";

    public string Home { get; } = Directory.CreateTempSubdirectory("sgglab-site-").FullName;
    public Uri Url => new($"http://127.0.0.1:{_port}");
    public LabClient Client { get; private set; } = null!;

    /// <summary>Seconds after which a silent run is queued again: never, unless that is what a test is about.</summary>
    protected virtual int GraceSeconds => 900;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresServer.ConnectionStringForNewDatabaseAsync("worker");
        await LabDatabase.MigrateAsync(_database, Stop);
        await LabDatabase.CreateFirstAdministratorAsync(_database, Home, Stop);
        Client = new LabClient(Url, (await File.ReadAllTextAsync(Path.Combine(Home, "admin-token"), Stop)).Trim()) { Tries = 20 };
        await StartWebAsync();
    }

    public async Task StartWebAsync()
    {
        _web = ChildProcess.Start("SggLab.Web", "SggLab.Web", [], new Dictionary<string, string>
        {
            ["SGGLAB_POSTGRES"] = _database, ["SGGLAB_HOME"] = Home, ["ASPNETCORE_URLS"] = Url.AbsoluteUri,
            ["SGGLAB_LEASE_TTL_SECONDS"] = "3", ["SGGLAB_LEASE_GRACE_SECONDS"] = $"{GraceSeconds}", ["Logging__LogLevel__Default"] = "Warning",
        });
        await UntilAsync(() => Client.IsHealthyAsync(Stop), "the site to answer", () => _web.Output);
    }

    public async Task KillWebAsync()
    {
        _web!.Kill();
        await _web.ExitCodeAsync(Stop);
    }

    /// <summary>State folder of the worker of this name; it outlives the worker's processes.</summary>
    public string State(string worker) => Path.Combine(Home, "workers", worker);

    internal ChildProcess StartWorker(string name, params string[] arguments) => StartWorker(name, Url, arguments);

    internal ChildProcess StartWorker(string name, Uri server, params string[] arguments) => StartWorker(name, server, null, arguments);

    internal ChildProcess StartWorker(string name, Uri server, int? fileLimitKilobytes, params string[] arguments)
    {
        var worker = ChildProcess.Start("SggLab.Worker", "SggLab.Worker",
            ["--server", server.AbsoluteUri, "--token-file", Path.Combine(Home, "worker-token"), "--state", State(name), "--name", name, .. arguments], fileLimitKilobytes: fileLimitKilobytes);
        _workers.Add(worker);
        return worker;
    }

    /// <summary>Queues scripted runs of one experiment and answers with their ids.</summary>
    public async Task<IReadOnlyList<string>> QueueAsync(params RunSpec[] runs) =>
        [.. (await Client.QueueAsync(new ExperimentSpec { Experiment = "scripted", Runs = runs }, Guid.NewGuid().ToString("n"), Stop)).Runs.Select(r => r.Id)];

    public static RunSpec Run(string name, int steps, int every = 10, int milliseconds = 20, int? failAt = null, string? startsFrom = null, int seed = 1) => new()
    {
        Name = name, Method = RunMethod.Scripted, Seed = seed, Model = new ModelSource { Run = startsFrom }, Data = new DataSources { Vocabulary = "synthetic" },
        Protocol = new Protocol
        {
            Name = "synthetic", Prompt = "closed", SystemPrompt = "think", MinPixels = 1, MaxPixels = 1, MaxNewTokens = 1,
            BoxFrame = "thousand", AnswerParser = "reference", Dataset = "synthetic", Split = "test",
        },
        Scripted = new ScriptedSettings { Steps = steps, StepMilliseconds = milliseconds, FailAtStep = failAt },
        Checkpoints = new CheckpointSettings { EverySteps = every, Keep = 2 },
    };

    public Task<RunDetail> UntilEndAsync(string run) => UntilAsync(run, r => r.State is "completed" or "failed" or "cancelled", "to end");

    public async Task<RunDetail> UntilAsync(string run, Func<RunSummary, bool> reached, string what)
    {
        RunDetail? now = null;
        await UntilAsync(async () => (now = await FindAsync(run)) is not null && reached(now.Run), $"run {run} {what}",
            () => $"{now?.Run}\n{string.Join('\n', _workers.Select(w => $"--- worker {w.Id}\n{w.Output}"))}\n--- web\n{_web?.Output}");
        return now!;
    }

    /// <returns>null as long as the read models have not heard of the run.</returns>
    private async Task<RunDetail?> FindAsync(string run)
    {
        try
        {
            return await Client.RunAsync(run, Stop);
        }
        catch (LabApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    // Far more than it takes; a machine that builds meanwhile needs some of it.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    public static async Task UntilAsync(Func<Task<bool>> reached, string what, Func<string>? details = null)
    {
        for (var since = TimeProvider.System.GetTimestamp(); !await reached(); await Task.Delay(100, Stop))
            if (TimeProvider.System.GetElapsedTime(since) > Patience) throw new TimeoutException($"Waited in vain for {what}.\n{details?.Invoke()}");
    }

    /// <summary>Every acknowledged record is stored once, and each curve goes through all the steps without a rolled-back one.</summary>
    public async Task ShouldHoldEverythingOnceAsync(string run, int steps)
    {
        var report = await FaultsAudit.RunAsync(Client, Directory.GetDirectories(Path.Combine(Home, "workers")), Stop);
        report.Problems.ShouldBeEmpty();
        (report.Lost, report.Doubled, report.Stuck).ShouldBe((0, 0, 0));
        report.Acknowledged.ShouldBe(report.Stored);
        var curves = await Client.CurvesAsync(run, [], Stop);
        curves.ShouldNotBeEmpty();
        foreach (var curve in curves) curve.Steps.ShouldBe(Enumerable.Range(1, steps));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers) await worker.DisposeAsync();
        if (_web is not null) await _web.DisposeAsync();
        Client.Dispose();
        Directory.Delete(Home, recursive: true);
        GC.SuppressFinalize(this);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
