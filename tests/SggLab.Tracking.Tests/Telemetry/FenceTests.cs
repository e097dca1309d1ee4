using SggLab.Contracts;
using SggLab.Tracking.Comparisons;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;
using SggLab.Tracking.Telemetry;

namespace SggLab.Tracking.Tests.Telemetry;

/// <summary>Who speaks for a run.</summary>
public sealed class FenceTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task Records_of_a_superseded_attempt_are_kept_marked_and_change_nothing_else()
    {
        await QueueAsync(Spec("scripted"));
        var worker = await AdmitAsync(LabId.New());
        var first = await LeaseAsync(worker);
        await SendOkAsync(first, Started(1), Metrics(2, 1, 0.5));
        await AdmitAsync(worker, "b");
        var second = await LeaseAsync(worker);
        second.RunId.ShouldBe(first.RunId);
        second.Fence.ShouldBeGreaterThan(first.Fence);
        await SendOkAsync(second, Started(1), Metrics(2, 1, 0.25));

        (await SendOkAsync(first, Metrics(3, 2, 9), Closed(4, "completed"))).Accepted.ShouldBe(2);

        var late = (await StreamAsync(StreamKeys.Attempt(first.RunId, 1))).Skip(1).Select(e => (AttemptRecord)e.Data).ToList();
        late.Select(record => record.Superseded).ShouldBe([false, false, true, true]);
        (await StreamAsync(StreamKeys.Run(first.RunId))).ShouldNotContain(e => e.Data is RunCompleted);
        await SettledAsync();
        var curve = (await Get<ComparisonQueries>().CurvesAsync(Ada, [first.RunId], ["loss"], cancellation: Stop)).ShouldHaveSingleItem();
        curve.Values.ShouldBe([0.25]);
    }

    [Fact]
    public async Task A_fence_that_the_attempt_never_had_is_refused()
    {
        var lease = await LeasedAsync();

        var refusal = (await SendAsync(new() { RunId = lease.RunId, Attempt = 1, Fence = lease.Fence + 1, ExperimentId = "", Spec = lease.Spec, SpecHash = "", TtlSeconds = 1 }, Started(1))).Refusal.ShouldNotBeNull();

        refusal.Kind.ShouldBe(RefusalKind.Conflict);
        refusal.Expected.ShouldBeNull();
    }

    [Fact]
    public async Task A_lease_that_is_over_cannot_be_renewed()
    {
        var lease = await LeasedAsync();
        (await Commands.SendAsync(new KeepLease(WorkerToken, lease.RunId, 1, lease.Fence), Stop)).Value!.Stop.ShouldBeNull();
        await SendOkAsync(lease, Started(1), Closed(2, "completed"));

        (await Commands.SendAsync(new KeepLease(WorkerToken, lease.RunId, 1, lease.Fence), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Conflict);
    }

    [Fact]
    public async Task An_attempt_that_was_never_leased_takes_no_records()
    {
        var lease = await LeasedAsync();

        (await Ingest.AppendAsync(WorkerToken, lease.RunId, 2, lease.Fence, System.Text.Encoding.UTF8.GetBytes(Started(1)), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.NotFound);
    }
}
