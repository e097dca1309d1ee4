using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using SggLab.Contracts;
using SggLab.Contracts.Api;

namespace SggLab.Web.Tests.Api;

/// <summary>The API over HTTP, on the real process.</summary>
public sealed class ApiTests(SiteProcess site) : IClassFixture<SiteProcess>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Records_may_come_packed_and_are_acknowledged_once()
    {
        using var admin = site.ClientOf("admin-token");
        using var worker = site.ClientOf("worker-token");
        await WorkerSide.QueueAsync(admin, WorkerSide.Experiment("packed", "one"));
        var lease = await WorkerSide.LeaseAsync(worker, "packed");
        string[] lines = [WorkerSide.Started(1), .. Enumerable.Range(2, 200).Select(n => WorkerSide.Metrics(n, n))];

        using var first = await WorkerSide.SendAsync(worker, lease, lines, Gzip);
        using var again = await WorkerSide.SendAsync(worker, lease, lines);
        using var gap = await WorkerSide.SendAsync(worker, lease, [WorkerSide.Metrics(500, 500)]);
        using var broken = await WorkerSide.SendAsync(worker, lease, lines, bytes => Packed(bytes[..20]));

        (await WorkerSide.ReadAsync<RecordsAccepted>(first)).ShouldBe(new RecordsAccepted(201, 0, 201));
        (await WorkerSide.ReadAsync<RecordsAccepted>(again)).ShouldBe(new RecordsAccepted(0, 201, 201));
        gap.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await ErrorAsync(gap)).Expected.ShouldBe(202);
        broken.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var closed = await WorkerSide.SendAsync(worker, lease, [WorkerSide.Closed(202)]);
        closed.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Records_without_a_fence_are_refused_by_name()
    {
        using var worker = site.ClientOf("worker-token");

        using var answer = await worker.PostAsync(new Uri("runs/x/attempts/1/records", UriKind.Relative), new ByteArrayContent([]), Stop);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await ErrorAsync(answer)).Field.ShouldBe("X-Fence");
    }

    [Fact]
    public async Task Queueing_runs_that_no_worker_can_take_says_so()
    {
        using var admin = site.ClientOf("admin-token");
        var spec = WorkerSide.Experiment("large", "one", "two");

        var queued = await WorkerSide.QueueAsync(admin, spec with { Runs = [spec.Runs[0] with { Device = "cuda" }, spec.Runs[1]] });

        queued.Waits.ShouldNotBeNull().ShouldStartWith("one waits for a worker with a GPU; none is connected.");
        using var cancelled = await admin.PostAsync(new Uri($"runs/{queued.Runs[1].Id}/cancel", UriKind.Relative), null, Stop);
        cancelled.EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task A_blob_is_kept_under_its_hash_and_nothing_else()
    {
        using var worker = site.ClientOf("worker-token");
        var content = Encoding.UTF8.GetBytes("weights " + Guid.NewGuid());
        var path = $"blobs/{ContentHash.OfBytes(content)}";
        (await HeadAsync(worker, path)).ShouldBe(HttpStatusCode.NotFound);

        using var wrong = await worker.PutAsync(new Uri(path, UriKind.Relative), new ByteArrayContent([1, 2, 3]), Stop);
        wrong.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await HeadAsync(worker, path)).ShouldBe(HttpStatusCode.NotFound);
        using var right = await worker.PutAsync(new Uri(path, UriKind.Relative), new ByteArrayContent(content), Stop);
        right.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var again = await worker.PutAsync(new Uri(path, UriKind.Relative), new ByteArrayContent(content), Stop);
        again.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await HeadAsync(worker, path)).ShouldBe(HttpStatusCode.OK);
        (await worker.GetByteArrayAsync(new Uri(path, UriKind.Relative), Stop)).ShouldBe(content);
        using var traversal = await worker.GetAsync(new Uri("blobs/..%2f..%2fadmin-token", UriKind.Relative), Stop);
        traversal.StatusCode.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.NotFound);
        Directory.EnumerateFiles(Path.Combine(site.Home, "blobs", "incoming")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_experiment_is_refused_by_its_field_without_a_stack_trace()
    {
        using var admin = site.ClientOf("admin-token");
        var spec = WorkerSide.Experiment("wrong", "a", "a");

        using var twice = await admin.PostAsJsonAsync("experiments", new QueueExperiment(null, spec), LabJson.Options, Stop);
        using var unknown = await admin.PostAsync(new Uri("experiments", UriKind.Relative), new StringContent("""{"spec":{"experiment":"x","runs":[],"colour":"red"}}"""), Stop);
        using var cut = await admin.PostAsync(new Uri("experiments", UriKind.Relative), new StringContent("{\"spec\":"), Stop);

        twice.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await ErrorAsync(twice)).Field.ShouldBe("runs[1].name");
        unknown.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await ErrorAsync(unknown)).Message.ShouldContain("colour");
        cut.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await cut.Content.ReadAsStringAsync(Stop)).ShouldNotContain("   at ");
    }

    [Fact]
    public async Task The_same_key_queues_once()
    {
        using var admin = site.ClientOf("admin-token");

        var first = await WorkerSide.QueueAsync(admin, WorkerSide.Experiment("keyed", "one"), "key");
        var second = await WorkerSide.QueueAsync(admin, WorkerSide.Experiment("keyed", "one"), "key");

        second.ExperimentId.ShouldBe(first.ExperimentId);
        second.Runs.ShouldBe(first.Runs);
        using var cancelled = await admin.PostAsync(new Uri($"runs/{first.Runs[0].Id}/cancel", UriKind.Relative), null, Stop);
        cancelled.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("GET", "runs?limit=abc", null)]
    [InlineData("GET", "runs?after=%00", null)]
    [InlineData("GET", "runs?experiment=%00&state=%00", null)]
    [InlineData("GET", "runs?after=nothing&limit=-3", null)]
    [InlineData("GET", "runs/x%00y", null)]
    [InlineData("GET", "runs/x/events?after=abc", null)]
    [InlineData("GET", "runs/x/curves?metric=%00&maxPoints=-1", null)]
    [InlineData("GET", "runs/x/curves?maxPoints=1e9", null)]
    [InlineData("GET", "leaderboard?dataset=%00&split=a%00b", null)]
    [InlineData("GET", "leaderboard?asOf=0001-01-01T00:00:00Z", null)]
    [InlineData("GET", "leaderboard?asOf=99999999999999999999", null)]
    [InlineData("GET", "leaderboard/boards?asOf=9999-12-31T23:59:59-14:00", null)]
    [InlineData("GET", "comparison", null)]
    [InlineData("GET", "comparison?run=%00", null)]
    [InlineData("GET", "comparison?run=x", null)]
    [InlineData("GET", "activity?limit=many&before=now", null)]
    [InlineData("GET", "activity?limit=-1&before=-9223372036854775808", null)]
    [InlineData("GET", "checkpoints/%00/lineage", null)]
    [InlineData("GET", "experiments/%F0%9F%98%80", null)]
    [InlineData("GET", "blobs/x", null)]
    [InlineData("POST", "experiments", "{}")]
    [InlineData("POST", "experiments", "")]
    [InlineData("POST", "experiments", "null")]
    [InlineData("POST", "experiments", "[1]")]
    [InlineData("POST", "experiments", "{\"spec\":null}")]
    [InlineData("POST", "experiments", "{\"spec\":{}}")]
    [InlineData("POST", "experiments", "{\"spec\":{\"experiment\":\"x\",\"runs\":[null]}}")]
    [InlineData("POST", "experiments", "{\"spec\":{\"experiment\":null,\"runs\":null}}")]
    [InlineData("POST", "experiments", "{\"key\":\"\\ud800\",\"spec\":{\"experiment\":\"x\",\"runs\":[]}}")]
    [InlineData("POST", "experiments", "{\"key\":\"a\\u0000\",\"spec\":{\"experiment\":\"x\",\"runs\":[{\"name\":\"a\",\"method\":\"scripted\",\"model\":{},\"data\":{\"vocabulary\":\"\"},\"protocol\":{}}]}}")]
    [InlineData("POST", "runs/x/cancel?reason=%00", null)]
    [InlineData("POST", "runs/x/retry", "garbage")]
    [InlineData("POST", "workers", "{}")]
    [InlineData("POST", "workers", "{\"id\":\"w\",\"incarnation\":\"i\"}")]
    [InlineData("POST", "workers", "{\"id\":null,\"incarnation\":7}")]
    [InlineData("POST", "workers/%00/lease", null)]
    [InlineData("POST", "workers/nobody/lease", null)]
    [InlineData("POST", "runs/x/attempts/1/renew", "{}")]
    [InlineData("POST", "runs/x/attempts/99999999999/renew", "{\"fence\":1}")]
    [InlineData("POST", "runs/x/attempts/1/renew", "{\"fence\":1e99}")]
    [InlineData("POST", "tokens", "{}")]
    [InlineData("POST", "tokens", "{\"name\":\"x\",\"role\":\"\"}")]
    [InlineData("POST", "tokens", "{\"name\":\"x\",\"role\":\"7\"}")]
    [InlineData("POST", "tokens", "{\"name\":\"x\",\"role\":\"viewer\",\"expiresAt\":\"soon\"}")]
    [InlineData("DELETE", "tokens/%00", null)]
    [InlineData("DELETE", "runs", null)]
    public async Task Garbage_gets_a_sentence_and_never_a_failure_of_the_server(string method, string path, string? body)
    {
        using var admin = site.ClientOf("admin-token");
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative)) { Content = body is null ? null : new StringContent(body) };

        using var answer = await admin.SendAsync(request, Stop);

        ((int)answer.StatusCode).ShouldBeLessThan(500, await answer.Content.ReadAsStringAsync(Stop));
        if (!answer.IsSuccessStatusCode && !path.Contains("%00", StringComparison.Ordinal))
            (await ErrorAsync(answer)).Message.ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public async Task An_administrator_adds_members_and_changes_their_passwords()
    {
        using var admin = site.ClientOf("admin-token");

        using var added = await admin.PostAsJsonAsync("members", new CreateMember("ada", "member", "a long password"), LabJson.Options, Stop);
        using var twice = await admin.PostAsJsonAsync("members", new CreateMember("ada", "member", "a long password"), LabJson.Options, Stop);
        using var worker = await admin.PostAsJsonAsync("members", new CreateMember("w", "worker", "a long password"), LabJson.Options, Stop);
        using var changed = await admin.PostAsJsonAsync("members/ada/password", new NewPassword("another long password"), LabJson.Options, Stop);
        using var shorter = await admin.PostAsJsonAsync("members/ada/password", new NewPassword("short"), LabJson.Options, Stop);
        using var nobody = await admin.PostAsJsonAsync("members/bob/password", new NewPassword("another long password"), LabJson.Options, Stop);

        HttpResponseMessage[] answers = [added, twice, worker, changed, shorter, nobody];
        answers.Select(answer => (int)answer.StatusCode).ShouldBe([200, 409, 422, 200, 422, 404]);
    }

    [Fact]
    public async Task A_number_that_is_none_is_named()
    {
        using var admin = site.ClientOf("admin-token");
        using var answer = await admin.GetAsync(new Uri("runs?limit=abc", UriKind.Relative), Stop);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await ErrorAsync(answer)).Message.ShouldBe("limit is 'abc'; wanted is a whole number.");
    }

    [Fact]
    public async Task What_a_command_did_is_read_right_after_its_answer()
    {
        using var admin = site.ClientOf("admin-token");
        var queued = await WorkerSide.QueueAsync(admin, WorkerSide.Experiment("seen", "one"));
        var run = queued.Runs[0].Id;

        // On a very busy machine the answer may be "not shown yet", and never that there is none.
        HttpResponseMessage shown;
        while ((shown = await admin.GetAsync(new Uri($"runs/{run}", UriKind.Relative), Stop)).StatusCode == HttpStatusCode.ServiceUnavailable)
            await Task.Delay(200, Stop);
        (await WorkerSide.ReadAsync<RunDetail>(shown)).Run.State.ShouldBe("queued");
        using var cancelled = await admin.PostAsync(new Uri($"runs/{run}/cancel", UriKind.Relative), null, Stop);
        (await WorkerSide.ReadAsync<RunChanged>(cancelled)).ShouldBe(new RunChanged(run, true, "cancelled"));
    }

    [Fact]
    public async Task A_moment_that_is_none_is_refused_with_what_was_wanted()
    {
        using var admin = site.ClientOf("admin-token");

        using var answer = await admin.GetAsync(new Uri("leaderboard?asOf=yesterday", UriKind.Relative), Stop);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await ErrorAsync(answer)).Message.ShouldContain("yesterday");
    }

    [Fact]
    public async Task Health_is_open_and_everything_else_in_the_API_is_not()
    {
        using var nobody = site.Client(null);
        using var health = await nobody.GetAsync(new Uri(site.Url, "health"), Stop);
        using var runs = await nobody.GetAsync(new Uri("runs", UriKind.Relative), Stop);
        using var nothing = await nobody.GetAsync(new Uri("nothing", UriKind.Relative), Stop);

        health.StatusCode.ShouldBe(HttpStatusCode.OK);
        runs.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await ErrorAsync(runs)).Message.ShouldContain("Authorization");
        nothing.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var admin = site.ClientOf("admin-token");
        using var missing = await admin.GetAsync(new Uri("nothing", UriKind.Relative), Stop);
        missing.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await ErrorAsync(missing)).Message.ShouldContain("/api/v1/nothing");
    }

    private static async Task<HttpStatusCode> HeadAsync(HttpClient http, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var answer = await http.SendAsync(request, Stop);
        return answer.StatusCode;
    }

    private static async Task<ApiError> ErrorAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<ApiError>(LabJson.Options, Stop))!;

    private static ByteArrayContent Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return Packed(packed.ToArray());
    }

    private static ByteArrayContent Packed(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentEncoding.Add("gzip");
        return content;
    }
}
