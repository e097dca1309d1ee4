using System.Text;
using System.Text.Json;
using SggLab.Contracts.Records;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;
using SggLab.Tracking.Telemetry;

namespace SggLab.Tracking.Tests.Telemetry;

/// <summary>A well-framed record is never refused for its content, and its bytes are kept.</summary>
public sealed class ContentTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    private const string At = "\"at\":\"2026-03-01T12:00:00.000Z\"";

    [Theory]
    [InlineData("""{"steps":[1],"series":{"loss":[NaN]}}""")]
    [InlineData("""{"steps":[1],"series":{"loss":[-Infinity]}}""")]
    [InlineData("""{"steps":[1],"series":{"loss":[1e2]},"z":1,"a":{"b":1.50}}""")]
    [InlineData("""{"text":"a\u0000b","level":"info"}""")]
    [InlineData("""{"text":"half a pair: \ud83d, whole: \ud83d\ude00"}""")]
    [InlineData("""{"no":"end" """)]
    public async Task Any_content_is_kept_byte_by_byte(string data)
    {
        var lease = await LeasedAsync();
        var line = $$"""{"n":1,"type":"metrics",{{At}},"data":{{data}}}""";

        await SendOkAsync(lease, line);

        var stored = (AttemptRecord)(await StreamAsync(StreamKeys.Attempt(lease.RunId, 1)))[1].Data;
        Encoding.UTF8.GetString(stored.Line).ShouldBe(line);
        await SettledAsync();
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_kept_too()
    {
        var lease = await LeasedAsync();
        byte[] line = [.. Encoding.UTF8.GetBytes($$"""{"n":1,"type":"log",{{At}},"data":{"text":" """), 0xff, 0xc0, .. "\"}}"u8];

        var outcome = await Ingest.AppendAsync(WorkerToken, lease.RunId, 1, lease.Fence, line, Stop);

        outcome.Refusal.ShouldBeNull();
        ((AttemptRecord)(await StreamAsync(StreamKeys.Attempt(lease.RunId, 1)))[1].Data).Line.ShouldBe(line);
    }

    [Fact]
    public async Task Records_are_chained_by_their_hashes()
    {
        var lease = await LeasedAsync();
        await SendOkAsync(lease, Started(1), Metrics(2, 1, 0.5));
        await SendOkAsync(lease, Metrics(3, 2, 0.4));

        var key = StreamKeys.Attempt(lease.RunId, 1);
        var hash = RecordFormat.ChainStart(key);
        foreach (var record in (await StreamAsync(key)).Skip(1).Select(e => (AttemptRecord)e.Data))
        {
            record.Previous.ShouldBe(hash);
            hash = RecordFormat.Next(hash, record.Line);
            record.Hash.ShouldBe(hash);
        }
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("[1,2]")]
    [InlineData("""{"type":"log","n":1,"at":"2026-03-01T12:00:00Z","data":{}}""")]
    [InlineData("""{"n":0,"type":"log","at":"2026-03-01T12:00:00Z","data":{}}""")]
    [InlineData("""{"n":1.5,"type":"log","at":"2026-03-01T12:00:00Z","data":{}}""")]
    [InlineData("""{"n":1,"type":"","at":"2026-03-01T12:00:00Z","data":{}}""")]
    [InlineData("""{"n":1,"type":"log","at":"yesterday","data":{}}""")]
    [InlineData("""{"n":1,"type":"log","at":"2026-03-01T12:00:00Z"}""")]
    [InlineData("""{"n":1,"type":"log","at":"2026-03-01T12:00:00Z","data":{"text":"cut o""")]
    public async Task A_line_that_is_no_record_is_refused_by_its_number_and_nothing_is_stored(string line)
    {
        var lease = await LeasedAsync();

        var refusal = (await SendAsync(lease, Started(1), line)).Refusal.ShouldNotBeNull();

        refusal.Kind.ShouldBe(RefusalKind.Malformed);
        refusal.Message.ShouldContain("Line 2");
        (await StreamAsync(StreamKeys.Attempt(lease.RunId, 1))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_batch_with_a_gap_inside_is_refused_as_a_whole()
    {
        var lease = await LeasedAsync();

        (await SendAsync(lease, Started(1), Metrics(3, 1, 0.5))).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Malformed);

        (await StreamAsync(StreamKeys.Attempt(lease.RunId, 1))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_number_stored_before_with_other_content_is_refused()
    {
        var lease = await LeasedAsync();
        await SendOkAsync(lease, Started(1), Metrics(2, 1, 0.5));

        var refusal = (await SendAsync(lease, Metrics(2, 1, 0.6), Metrics(3, 2, 0.4))).Refusal.ShouldNotBeNull();

        refusal.Kind.ShouldBe(RefusalKind.Conflict);
        refusal.Message.ShouldContain("Record 2");
    }

    [Fact]
    public async Task A_record_that_names_a_missing_blob_is_refused_and_names_it()
    {
        var lease = await LeasedAsync();
        var missing = new string('a', 64);
        var checkpoint = Line(2, RecordTypes.Checkpoint, new CheckpointRecord("c1", 1, "full", null, [new BlobFile("w", missing, 4)], "s", null, "1.0"));

        var refusal = (await SendAsync(lease, Started(1), checkpoint)).Refusal.ShouldNotBeNull();

        refusal.Kind.ShouldBe(RefusalKind.Invalid);
        refusal.Message.ShouldContain(missing);
        (await StreamAsync(StreamKeys.Attempt(lease.RunId, 1))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_record_about_the_run_that_cannot_be_read_is_kept_and_the_run_says_so()
    {
        var lease = await LeasedAsync();

        await SendOkAsync(lease, Line(1, RecordTypes.Evaluation, new { recall = "high" }));

        var events = await StreamAsync(StreamKeys.Run(lease.RunId));
        events[^1].Data.ShouldBeOfType<RecordNotUnderstood>().Record.ShouldBe(1);
    }

    [Theory]
    [InlineData(-1L)]
    [InlineData(long.MaxValue)]
    public async Task A_checkpoint_whose_files_cannot_be_so_large_is_kept_and_the_run_says_so(long bytes)
    {
        var lease = await LeasedAsync();
        var file = await BlobAsync("weights");

        await SendOkAsync(lease, Line(1, RecordTypes.Checkpoint, new CheckpointRecord("c1", 1, "full", null, [file, file with { Bytes = bytes }], "s", null, "1.0")));

        (await StreamAsync(StreamKeys.Run(lease.RunId)))[^1].Data.ShouldBeOfType<RecordNotUnderstood>().Problem.ShouldContain("bytes");
        await SettledAsync();
    }

    [Fact]
    public async Task Metrics_that_cannot_be_read_are_said_once_a_run()
    {
        var lease = await LeasedAsync();

        await SendOkAsync(lease, Metrics(1, 1, 0.5), Line(2, RecordTypes.Metrics, new { steps = new[] { 1, 2 }, series = new { loss = new[] { 0.5 }, reward = new[] { 1, 2 } } }), Line(3, RecordTypes.Metrics, new { steps = "three" }));
        await SendOkAsync(lease, Line(4, RecordTypes.Metrics, new { steps = "four" }), Line(5, RecordTypes.Log, new { level = 3 }));

        var said = (await StreamAsync(StreamKeys.Run(lease.RunId))).Select(e => e.Data).OfType<RecordNotUnderstood>().ToList();
        said.Select(problem => (problem.Record, problem.RecordType)).ShouldBe([(2, "metrics"), (5, "log")]);
        said[0].Problem.ShouldContain("series 'loss' has 1 values for 2 steps");
    }

    [Fact]
    public async Task What_stands_behind_the_closing_record_is_kept_and_never_counts()
    {
        var lease = await LeasedAsync();

        await SendOkAsync(lease, Started(1), Metrics(2, 1, 0.5), Closed(3, "completed"), Metrics(4, 2, 9));

        var stored = (await StreamAsync(StreamKeys.Attempt(lease.RunId, 1))).Skip(1).Select(e => (AttemptRecord)e.Data);
        stored.Select(record => record.Superseded).ShouldBe([false, false, false, true]);
        await SettledAsync();
        (await Get<Tracking.Comparisons.ComparisonQueries>().CurvesAsync(Ada, [lease.RunId], ["loss"], cancellation: Stop)).ShouldHaveSingleItem().Values.ShouldBe([0.5]);
    }

    [Fact]
    public async Task A_closing_record_that_cannot_be_read_fails_the_run()
    {
        var lease = await LeasedAsync();

        await SendOkAsync(lease, Line(1, RecordTypes.Closed, new { how = "well" }));

        (await StreamAsync(StreamKeys.Run(lease.RunId)))[^1].Data.ShouldBeOfType<RunFailed>().Kind.ShouldBe("unreadable");
    }

    [Fact]
    public async Task A_record_type_of_a_later_release_is_kept()
    {
        var lease = await LeasedAsync();

        await SendOkAsync(lease, Line(1, "energy", new { joules = 3 }));

        var stored = (await StreamAsync(StreamKeys.Attempt(lease.RunId, 1)))[1].Data.ShouldBeOfType<UnknownRecorded>();
        RecordReader.Data(stored.Line).GetProperty("joules").GetInt32().ShouldBe(3);
    }

    [Fact]
    public void Text_that_no_column_takes_is_escaped_where_it_is_read()
    {
        var data = RecordReader.Data(Encoding.UTF8.GetBytes("""{"n":1,"type":"log","at":"2026-03-01T12:00:00Z","data":{"a":"x\u0000\ud83dy","b":[NaN,"NaN"],"c":"\ud83d\ude00"}}"""));

        data.GetProperty("a").GetString().ShouldBe("x\ufffd\ufffdy");
        data.GetProperty("b")[0].GetString().ShouldBe("NaN");
        data.GetProperty("c").GetString().ShouldBe("\U0001F600");
        JsonSerializer.Serialize(data).ShouldNotContain("\\u0000");
    }
}
