using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using SggLab.Client;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using static SggLab.Worker.Tests.Client.ScriptedServer;

namespace SggLab.Worker.Tests.Client;

public sealed class LabClientTests : IDisposable
{
    private static readonly SiteStatus Ready = new(true, [], []);
    private readonly string _folder = Directory.CreateTempSubdirectory("sgglab-client-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_is_not_there_is_named_with_a_remedy()
    {
        using var client = Client(new Uri($"http://127.0.0.1:{FreePort()}"));

        var error = await Should.ThrowAsync<LabApiException>(() => client.StatusAsync(Stop));

        (error.IsUnreachable, error.MaybeDone, error.ExitCode).ShouldBe((true, false, 3));
        error.Message.ShouldContain("does not accept a connection");
        error.Message.ShouldContain("sgglab up");
    }

    [Fact]
    public async Task A_refused_token_is_told_apart_from_a_refused_command()
    {
        await using var server = await StartAsync(Status(401), Json(409, new ApiError("Record 9 leaves a gap.", Expected: 7)));
        using var client = Client(server.Url);

        var token = await Should.ThrowAsync<LabApiException>(() => client.StatusAsync(Stop));
        var conflict = await Should.ThrowAsync<LabApiException>(() => client.RenewAsync("r", 1, 2, Stop));

        (token.IsUnauthorized, token.IsConflict, token.ExitCode).ShouldBe((true, false, 2));
        token.Message.ShouldContain("--token-file");
        (conflict.IsConflict, conflict.Expected, conflict.Message).ShouldBe((true, 7, "Record 9 leaves a gap."));
    }

    [Fact]
    public async Task A_read_is_tried_again_after_errors_and_dropped_answers()
    {
        await using var server = await StartAsync(Status(503), DropReply, Status(500), Json(200, Ready));
        using var client = Client(server.Url);

        (await client.StatusAsync(Stop)).Ready.ShouldBeTrue();
        server.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Retry_after_is_waited_out()
    {
        await using var server = await StartAsync(Json(429, new ApiError("slower"), retryAfter: 1), Json(200, Ready));
        using var client = Client(server.Url);
        var before = TimeProvider.System.GetTimestamp();

        await client.StatusAsync(Stop);

        TimeProvider.System.GetElapsedTime(before).ShouldBeGreaterThan(TimeSpan.FromSeconds(0.95));
    }

    [Fact]
    public async Task What_would_happen_twice_is_sent_once()
    {
        await using var server = await StartAsync(DropReply);
        using var client = Client(server.Url);

        var error = await Should.ThrowAsync<LabApiException>(() => client.CreateTokenAsync("n", "viewer", null, Stop));

        (error.IsUnreachable, error.MaybeDone).ShouldBe((true, true));
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_hangs_is_given_up()
    {
        await using var server = await StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var client = new LabClient(server.Url, "t") { CallTimeout = TimeSpan.FromMilliseconds(200), Tries = 1 };

        (await Should.ThrowAsync<LabApiException>(() => client.StatusAsync(Stop))).Message.ShouldContain("no answer in time");
    }

    [Fact]
    public async Task Members_that_a_newer_server_adds_are_ignored()
    {
        await using var server = await StartAsync(Json(200, new { ready = true, runs = Array.Empty<object>(), workers = Array.Empty<object>(), weather = "fine" }));
        using var client = Client(server.Url);

        (await client.StatusAsync(Stop)).Ready.ShouldBeTrue();
    }

    [Fact]
    public async Task Something_that_is_no_lab_site_is_called_so()
    {
        await using var server = await StartAsync(context => context.Response.WriteAsync("<html>"));
        using var client = Client(server.Url);

        (await Should.ThrowAsync<LabApiException>(() => client.StatusAsync(Stop))).Message.ShouldContain("Is it a SggLab site");
    }

    [Fact]
    public async Task Records_carry_token_and_fence_and_large_batches_are_compressed()
    {
        await using var server = await StartAsync(Json(200, new RecordsAccepted(1, 0, 1)));
        using var client = Client(server.Url);
        var lines = Encoding.UTF8.GetBytes(new string('x', 5000) + "\n");

        await client.SendRecordsAsync("r1", 2, 33, "{}\n"u8.ToArray(), Stop);
        await client.SendRecordsAsync("r1", 2, 33, lines, Stop);

        var (plain, packed) = (server.Requests.First(), server.Requests.Last());
        plain.Path.ShouldBe("/api/v1/runs/r1/attempts/2/records");
        plain.Headers.Authorization.ToString().ShouldBe("Bearer secret");
        plain.Headers["X-Fence"].ToString().ShouldBe("33");
        plain.Body.ShouldBe("{}\n"u8.ToArray());
        packed.Headers.ContentEncoding.ToString().ShouldBe("gzip");
        using var unpacked = new MemoryStream();
        new GZipStream(new MemoryStream(packed.Body), CompressionMode.Decompress).CopyTo(unpacked);
        unpacked.ToArray().ShouldBe(lines);
    }

    [Fact]
    public async Task A_blob_that_arrives_damaged_is_refused_and_leaves_no_file()
    {
        await using var server = await StartAsync(Bytes("not what was asked for"u8.ToArray()));
        using var client = Client(server.Url);
        var file = Path.Combine(_folder, "blob");

        var error = await Should.ThrowAsync<LabApiException>(() => client.DownloadBlobAsync(ContentHash.OfBytes("content"u8), file, Stop));

        error.Message.ShouldContain("damaged");
        Directory.GetFiles(_folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_blob_is_uploaded_only_where_the_server_lacks_it()
    {
        await using var server = await StartAsync(Status(200), Status(404), Status(201));
        using var client = Client(server.Url);
        var file = Path.Combine(_folder, "blob");
        await File.WriteAllTextAsync(file, "content", Stop);

        await client.UploadBlobAsync(ContentHash.OfBytes("content"u8), file, Stop);
        await client.UploadBlobAsync(ContentHash.OfBytes("content"u8), file, Stop);

        server.Requests.Select(r => r.Method).ShouldBe(["HEAD", "HEAD", "PUT"]);
        Encoding.UTF8.GetString(server.Requests.Last().Body).ShouldBe("content");
    }

    private static LabClient Client(Uri url) => new(url, "secret") { FirstWait = TimeSpan.FromMilliseconds(10) };

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
