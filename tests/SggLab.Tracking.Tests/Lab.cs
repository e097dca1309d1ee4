using System.Globalization;
using System.Text;
using System.Text.Json;
using Marten;
using Marten.Events;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Tracking.Access;
using SggLab.Tracking.Blobs;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Store;
using SggLab.Tracking.Telemetry;
using SggLab.Tracking.Workers;

namespace SggLab.Tracking.Tests;

/// <summary>What tests of a running lab share: set up by commands, as everybody does.</summary>
public abstract class Lab(RunningLab lab)
{
    internal static readonly Actor Ada = new("ada", Role.Member, Actor.FirstProject);
    internal static readonly Actor Root = new("root", Role.Admin, Actor.FirstProject);
    internal static readonly Actor WorkerToken = new("worker", Role.Worker, Actor.FirstProject);

    protected LabSettings Settings => lab.Settings;

    public string Database => lab.Database;
    public string Home => lab.Home;
    internal LabCommands Commands => Get<LabCommands>();
    internal RecordIngest Ingest => Get<RecordIngest>();
    internal static CancellationToken Stop => TestContext.Current.CancellationToken;

    internal T Get<T>() where T : notnull => lab.Services.GetRequiredService<T>();

    /// <summary>Another web node on the same database.</summary>
    internal IHost AnotherNode() => lab.Build();

    // ---- setting up

    internal static RunSpec Spec(string runName, string? startsFrom = null, int seed = 1, string? variant = null) => new()
    {
        Name = runName, Method = RunMethod.Scripted, Variant = variant, Seed = seed, Model = new ModelSource { Folder = startsFrom is null ? "models/tiny" : null, Run = startsFrom },
        Data = new DataSources { Vocabulary = "synthetic" }, Scripted = new ScriptedSettings { Steps = 10 },
        Protocol = new Protocol
        {
            Name = "synthetic", Prompt = "closed", SystemPrompt = "sft", MinPixels = 3136, MaxPixels = 50176, MaxNewTokens = 256, BoxFrame = "thousand",
            AnswerParser = "reference", Dataset = "synthetic", Split = "test",
        },
    };

    internal async Task<ExperimentQueued> QueueAsync(params RunSpec[] runs) =>
        (await Commands.SendAsync(new QueueRuns(Ada, LabId.New(), new ExperimentSpec { Experiment = "three rewards", Runs = runs }), Stop)).Value!;

    internal async Task<string> AdmitAsync(string worker, string incarnation = "a", string device = "cpu") =>
        (await Commands.SendAsync(new AdmitWorker(WorkerToken, new RegisterWorker(worker, incarnation, "box", device, 1, "1.0")), Stop)).Value!;

    internal async Task<LeaseGrant?> TryLeaseAsync(string worker)
    {
        var outcome = await Commands.SendAsync(new LeaseRun(WorkerToken, worker), Stop);
        outcome.Refusal.ShouldBeNull();
        return outcome.Value!.Grant;
    }

    internal async Task<LeaseGrant> LeaseAsync(string worker) => (await TryLeaseAsync(worker)).ShouldNotBeNull();

    /// <summary>One queued run, leased by a new worker.</summary>
    internal async Task<LeaseGrant> LeasedAsync()
    {
        await QueueAsync(Spec("scripted"));
        return await LeaseAsync(await AdmitAsync(LabId.New()));
    }

    // ---- records

    internal static string Line(long n, string type, object data) =>
        $$"""{"n":{{n}},"type":"{{type}}","at":"2026-03-01T12:00:00.000Z","data":{{JsonSerializer.Serialize(data, LabJson.Options)}}}""";

    internal static string Metrics(long n, int step, double loss) =>
        Line(n, RecordTypes.Metrics, new MetricsRecord([step], new Dictionary<string, IReadOnlyList<double?>> { ["loss"] = [loss] }));

    internal static string Started(long n, int resumedStep = 0, string? resumedCheckpoint = null) =>
        Line(n, RecordTypes.Started, new StartedRecord("1.0", "box", "cpu", 1, 10, resumedStep, resumedCheckpoint, null, new Dictionary<string, string>()));

    internal static string Closed(long n, string outcome, string? message = null, int step = 10) => Line(n, RecordTypes.Closed, new ClosedRecord(outcome, null, message, step));

    internal async Task<string> SaveCheckpointLineAsync(long n, int step, string kind = "full", string? parent = null, string? content = null)
    {
        var file = await BlobAsync(content ?? LabId.New());
        return Line(n, RecordTypes.Checkpoint, new CheckpointRecord(file.Sha256[..16], step, kind, parent, [file], "spec", null, "1.0"));
    }

    internal async Task<string> EvaluationLineAsync(long n, string checkpoint, int step, double?[] perImage, string split = "test", string protocolHash = "p1")
    {
        var file = await BlobAsync(LabId.New());
        var mean = perImage.Average() ?? 0;
        return Line(n, RecordTypes.Evaluation, new EvaluationRecord(checkpoint, step, "synthetic", protocolHash, "synthetic", split, "d1", perImage.Length, 0.1, mean, mean / 2, null,
            mean - 0.1, mean + 0.1, new Dictionary<string, double> { ["sgdet.R@50"] = mean }, new Dictionary<string, double> { ["on"] = mean }, perImage, file));
    }

    internal async Task<BlobFile> BlobAsync(string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var sha256 = ContentHash.OfBytes(bytes);
        using var stream = new MemoryStream(bytes);
        (await Get<BlobStore>().PutAsync(sha256, stream, Stop)).ShouldBeTrue();
        return new BlobFile("model.safetensors", sha256, bytes.Length);
    }

    internal static string IdOf(string checkpointLine) => JsonDocument.Parse(checkpointLine).RootElement.GetProperty("data").GetProperty("id").GetString()!;

    internal Task<Outcome<RecordsAccepted>> SendAsync(LeaseGrant lease, params string[] lines) =>
        Ingest.AppendAsync(WorkerToken, lease.RunId, lease.Attempt, lease.Fence, Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))), Stop);

    internal async Task<RecordsAccepted> SendOkAsync(LeaseGrant lease, params string[] lines)
    {
        var outcome = await SendAsync(lease, lines);
        outcome.Refusal.ShouldBeNull();
        return outcome.Value!;
    }

    // ---- looking

    /// <summary>Waits until every projection has seen every event stored so far.</summary>
    internal Task SettledAsync() => Get<IDocumentStore>().WaitForNonStaleProjectionDataAsync(TimeSpan.FromSeconds(20));

    internal async Task<T?> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Get<NpgsqlDataSource>().CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T?)Convert.ChangeType(await command.ExecuteScalarAsync(Stop), typeof(T), CultureInfo.InvariantCulture);
    }

    internal async Task<IReadOnlyList<JasperFx.Events.IEvent>> StreamAsync(string key)
    {
        await using var session = Get<IDocumentStore>().QuerySession(Actor.FirstProject);
        return await session.Events.FetchStreamAsync(key, token: Stop);
    }
}
