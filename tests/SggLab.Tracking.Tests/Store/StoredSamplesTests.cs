using System.Text;
using System.Text.Json;
using SggLab.Contracts.Records;
using SggLab.Tracking.Access;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;
using SggLab.Tracking.Telemetry;
using SggLab.Tracking.Workers;

namespace SggLab.Tracking.Tests.Store;

/// <summary>
/// A sample of each event as it is stored, kept for ever in tests/golden/events: what is in somebody's database must stay readable. A new event gets its sample by
/// running these tests with SGGLAB_WRITE_SAMPLES=1; a sample that is there is never written again.
/// </summary>
public sealed class StoredSamplesTests
{
    private static readonly BlobFile File = new("model.safetensors", new string('a', 64), 12);

    private static readonly object[] Samples =
    [
        new ExperimentCreated("exp1", "three rewards", "a note", "key", [new PlannedRun("run1", "sft")]),
        new RunQueued("run1", "exp1", "three rewards", "sft", Lab.Spec("sft", variant: "hard_recall"), "h1", "p1", "run0", "base", 2),
        new RunLeased("run1", "exp1", 2, "w1", "i1", 17, "c0", "c1", 40),
        new RunStarted("run1", "exp1", 2, "1.0", "box", "cpu", 1, 100, 40, "c1", "d1", new Dictionary<string, string> { ["os"] = "linux" }),
        new RunCheckpointed("run1", "exp1", 2, 50, "c2", "full"),
        new RunEvaluated("run1", "exp1", 2, 9, "c2", 50, "synthetic", "p1", "synthetic", "test", 300, 0.25),
        new RecordNotUnderstood("run1", "exp1", 2, 9, "evaluation", "it has no data"),
        new RunCancelRequested("run1", "exp1", 2, "wrong seed"),
        new RunCancelled("run1", "exp1", 2, null),
        new RunCompleted("run1", "exp1", 2, 100),
        new RunFailed("run1", "exp1", 2, "crashed", "out of memory", 60),
        new LeaseLost("run1", "exp1", 2, 17, "w1", "worker w1 restarted"),
        new RunRequeued("run1", "exp1", 2, "worker w1 restarted", RequeueCause.Lost),
        new AttemptOpened("run1", "exp1", 2, "w1", "i1", 17),
        new CheckpointRegistered("c2", "run1", "sft", "exp1", 2, 50, "full", "c1", [File], "h1", "d1", "1.0"),
        new WorkerRegistered("w1", "i1", "box", "cpu", 1, "1.0"),
        new MemberAdded("ada", Role.Member, "lab"),
        new PasswordChanged("ada"),
        new TokenIssued("t1", "dashboard", Role.Viewer, "lab", "hash", new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero)),
        new TokenRevoked("t1", "dashboard"),
        .. AttemptRecords.Types.Select(type => AttemptRecords.Create(type, Encoding.UTF8.GetBytes("""{"n":1,"type":"x","at":"2026-03-01T12:00:00Z","data":{"a":1e2}}"""), RecordFormat.ChainStart("a"), RecordFormat.ChainStart("b"), superseded: true)),
    ];

    public static TheoryData<string> Names => [.. LabEvents.Names.Values.Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_stored_event_stays_readable(string name)
    {
        var sample = Samples.Single(one => LabEvents.Names[one.GetType()] == name);
        var path = Path.Combine(GeneratedHandlersTests.Repository(), "tests", "golden", "events", name + (sample is AttemptRecord ? ".bin" : ".json"));
        if (Environment.GetEnvironmentVariable("SGGLAB_WRITE_SAMPLES") is "1" && !System.IO.File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            System.IO.File.WriteAllBytes(path, Bytes(sample));
        }
        var stored = System.IO.File.ReadAllBytes(path);

        var read = sample is AttemptRecord ? new RecordFormat().Deserialize(sample.GetType(), stored) : JsonSerializer.Deserialize(stored, sample.GetType(), EventJson.Options)!;

        Bytes(read).ShouldBe(Bytes(sample));
    }

    private static byte[] Bytes(object e) => e is AttemptRecord ? new RecordFormat().Serialize(e.GetType(), e) : JsonSerializer.SerializeToUtf8Bytes(e, e.GetType(), EventJson.Options);
}
