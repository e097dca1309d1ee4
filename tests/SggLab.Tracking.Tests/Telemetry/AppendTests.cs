using SggLab.Tracking.Store;
using SggLab.Tracking.Telemetry;

namespace SggLab.Tracking.Tests.Telemetry;

public sealed class AppendTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task The_same_batch_sent_twice_is_stored_once()
    {
        var lease = await LeasedAsync();
        string[] batch = [Started(1), Metrics(2, 1, 0.5), Metrics(3, 2, 0.4)];

        (await SendOkAsync(lease, batch)).ShouldBe(new(Accepted: 3, Duplicates: 0, LastRecord: 3));
        (await SendOkAsync(lease, batch)).ShouldBe(new(Accepted: 0, Duplicates: 3, LastRecord: 3));

        (await StreamAsync(StreamKeys.Attempt(lease.RunId, 1))).Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_batch_that_overlaps_adds_what_is_new()
    {
        var lease = await LeasedAsync();
        await SendOkAsync(lease, Started(1), Metrics(2, 1, 0.5));

        (await SendOkAsync(lease, Metrics(2, 1, 0.5), Metrics(3, 2, 0.4))).ShouldBe(new(Accepted: 1, Duplicates: 1, LastRecord: 3));

        var stored = await StreamAsync(StreamKeys.Attempt(lease.RunId, 1));
        stored.Select(e => e.Version).ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public async Task A_gap_is_refused_with_the_number_expected()
    {
        var lease = await LeasedAsync();
        await SendOkAsync(lease, Started(1));

        var refusal = (await SendAsync(lease, Metrics(3, 1, 0.5))).Refusal.ShouldNotBeNull();

        refusal.Kind.ShouldBe(RefusalKind.Conflict);
        refusal.Expected.ShouldBe(2);
        (await StreamAsync(StreamKeys.Attempt(lease.RunId, 1))).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Two_writers_of_one_attempt_store_each_record_once()
    {
        var lease = await LeasedAsync();
        var lines = Enumerable.Range(1, 60).Select(n => n == 1 ? Started(1) : Metrics(n, n, 1.0 / n)).ToArray();

        async Task WriteAsync()
        {
            for (var from = 0; from < lines.Length; from += 3)
                await SendOkAsync(lease, lines[from..(from + 3)]);
        }

        await Task.WhenAll(WriteAsync(), WriteAsync());

        var stored = await StreamAsync(StreamKeys.Attempt(lease.RunId, 1));
        stored.Skip(1).Select(e => System.Text.Encoding.UTF8.GetString(((AttemptRecord)e.Data).Line)).ShouldBe(lines);
    }
}
