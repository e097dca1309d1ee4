using System.Text;
using SggLab.Client;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;
using SggLab.Worker.Attempts;
using SggLab.Worker.Blobs;
using SggLab.Worker.Tests.Client;
using static SggLab.Worker.Tests.Client.ScriptedServer;

namespace SggLab.Worker.Tests.Attempts;

public sealed class RecordSenderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sgglab-sender-").FullName;
    private readonly AttemptFolder _attempt;
    private readonly JournalRecorder _recorder;

    public RecordSenderTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "attempts"));
        _attempt = AttemptFolder.Create(Path.Combine(_folder, "attempts"), new AttemptIdentity("run", 1, 7, 60, "hash"));
        _recorder = new JournalRecorder(_attempt, TimeProvider.System);
    }

    public void Dispose()
    {
        _attempt.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_server_that_remembers_less_gets_the_records_again()
    {
        Log(3);
        await using var server = await StartAsync(Accept(3), Json(409, new ApiError("gap", Expected: 2)), Accept(4));

        (await SendAsync(server)).ShouldBe(SendEnd.Sent);
        Log(1);
        (await SendAsync(server)).ShouldBe(SendEnd.Sent);

        Numbers(server).ShouldBe([[1, 2, 3], [4], [2, 3, 4]]);
        _attempt.Sent.ShouldBe(4);
    }

    [Fact]
    public async Task A_record_that_the_server_refuses_ends_the_attempt_with_the_reason()
    {
        Log(2);
        await using var server = await StartAsync(Accept(1), Json(400, new ApiError("not like this")), Json(400, new ApiError("not like this")), Json(400, new ApiError("not like this")), Accept(2));

        var (end, problem) = await SendAndExplainAsync(server);

        end.ShouldBe(SendEnd.Refused);
        problem.ShouldNotBeNull().ShouldContain("record 2: not like this");
        Encoding.UTF8.GetString(server.Requests.Last().Body).ShouldStartWith("{\"n\":2,\"type\":\"closed\"");
    }

    [Fact]
    public async Task A_batch_that_is_too_large_is_halved()
    {
        Log(4);
        await using var server = await StartAsync(Status(413), Accept(2), Accept(4));

        (await SendAsync(server)).ShouldBe(SendEnd.Sent);

        Numbers(server).ShouldBe([[1, 2, 3, 4], [1, 2], [3, 4]]);
    }

    [Fact]
    public async Task A_blob_that_the_server_lost_is_uploaded_again()
    {
        _recorder.Checkpoint(Checkpoint(out var folder), folder);
        await using var server = await StartAsync(Status(200), Json(422, new ApiError("a blob is missing")), Status(404), Status(204), Accept(1));

        (await SendAsync(server)).ShouldBe(SendEnd.Sent);

        server.Requests.Select(r => r.Method).ShouldBe(["HEAD", "POST", "HEAD", "PUT", "POST"]);
        Encoding.UTF8.GetString(server.Requests.ElementAt(3).Body).ShouldBe("weights");
    }

    [Fact]
    public async Task A_superseded_attempt_is_not_pressed_on_the_server()
    {
        Log(1);
        await using var server = await StartAsync(Json(409, new ApiError("stale fence")));

        var (end, problem) = await SendAndExplainAsync(server);

        (end, problem).ShouldBe((SendEnd.Superseded, "stale fence"));
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_token_that_is_replaced_meanwhile_lets_sending_go_on()
    {
        Log(1);
        await using var server = await StartAsync(Status(401), Accept(1));

        (await SendAsync(server)).ShouldBe(SendEnd.Sent);
    }

    private void Log(int count)
    {
        for (var i = 0; i < count; i++) _recorder.Log("info", "text");
    }

    private CheckpointRecord Checkpoint(out string folder)
    {
        folder = Path.Combine(_attempt.Work, "step-1");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "weights.bin"), "weights");
        return new("id", 1, "full", null, [new("weights.bin", SggLab.Contracts.ContentHash.OfBytes("weights"u8), 7)], "spec", null, "v");
    }

    private async Task<SendEnd> SendAsync(ScriptedServer server) => (await SendAndExplainAsync(server)).End;

    private async Task<(SendEnd End, string? Problem)> SendAndExplainAsync(ScriptedServer server)
    {
        using var client = new LabClient(server.Url, "t") { FirstWait = TimeSpan.FromMilliseconds(10) };
        var sender = new RecordSender(client, _attempt, new BlobCache(Path.Combine(_folder, "cache"), 1 << 20), new WorkerLog(TextWriter.Null));
        sender.Finish();
        return (await sender.RunAsync(TestContext.Current.CancellationToken), sender.Problem);
    }

    private static Func<Microsoft.AspNetCore.Http.HttpContext, Task> Accept(long last) => Json(200, new RecordsAccepted(1, 0, last));

    private static IEnumerable<long[]> Numbers(ScriptedServer server) => server.Requests.Select(r =>
        Encoding.UTF8.GetString(r.Body).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Journals.JournalTests.NumberOf(line)).ToArray());
}
