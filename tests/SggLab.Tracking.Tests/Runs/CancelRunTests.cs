using SggLab.Contracts;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Runs;

public sealed class CancelRunTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task A_queued_run_is_cancelled_at_once_and_only_once()
    {
        var run = (await QueueAsync(Spec("scripted"))).Runs[0].Id;

        (await Commands.SendAsync(new CancelRun(Ada, run, "wrong seed"), Stop)).Changed.ShouldBeTrue();
        (await Commands.SendAsync(new CancelRun(Ada, run), Stop)).Changed.ShouldBeFalse();

        var events = await StreamAsync(StreamKeys.Run(run));
        events.Select(e => e.Data).OfType<RunCancelled>().ShouldHaveSingleItem().Reason.ShouldBe("wrong seed");
        events[^1].UserName.ShouldBe("ada");
        (await TryLeaseAsync(await AdmitAsync(LabId.New()))).ShouldBeNull();
    }

    [Fact]
    public async Task A_running_run_is_asked_to_stop_and_is_cancelled_when_its_worker_says_so()
    {
        var lease = await LeasedAsync();
        await SendOkAsync(lease, Started(1));

        (await Commands.SendAsync(new CancelRun(Ada, lease.RunId), Stop)).Changed.ShouldBeTrue();
        (await Commands.SendAsync(new CancelRun(Ada, lease.RunId), Stop)).Changed.ShouldBeFalse();

        (await Commands.SendAsync(new KeepLease(WorkerToken, lease.RunId, 1, lease.Fence), Stop)).Value!.Stop.ShouldBe("cancel");
        await SendOkAsync(lease, Closed(2, "cancelled"));
        (await StreamAsync(StreamKeys.Run(lease.RunId)))[^1].Data.ShouldBeOfType<RunCancelled>();
    }

    [Fact]
    public async Task A_run_asked_to_stop_whose_worker_dies_is_cancelled_not_queued_again()
    {
        await QueueAsync(Spec("scripted"));
        var worker = await AdmitAsync(LabId.New());
        var lease = await LeaseAsync(worker);
        await Commands.SendAsync(new CancelRun(Ada, lease.RunId), Stop);

        await AdmitAsync(worker, "b");

        (await StreamAsync(StreamKeys.Run(lease.RunId)))[^1].Data.ShouldBeOfType<RunCancelled>();
    }

    [Fact]
    public async Task A_finished_run_cannot_be_cancelled()
    {
        var lease = await LeasedAsync();
        await SendOkAsync(lease, Closed(1, "completed"));

        var refusal = (await Commands.SendAsync(new CancelRun(Ada, lease.RunId), Stop)).Refusal.ShouldNotBeNull();

        refusal.Kind.ShouldBe(RefusalKind.Conflict);
        refusal.Message.ShouldContain("completed");
    }

    [Fact]
    public async Task A_run_that_nobody_queued_is_not_found() =>
        (await Commands.SendAsync(new CancelRun(Ada, "nothing"), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.NotFound);

    [Fact]
    public async Task A_cancelled_run_can_be_retried_and_only_once()
    {
        var run = (await QueueAsync(Spec("scripted"))).Runs[0].Id;
        await Commands.SendAsync(new CancelRun(Ada, run), Stop);

        (await Commands.SendAsync(new RetryRun(Ada, run), Stop)).Changed.ShouldBeTrue();
        (await Commands.SendAsync(new RetryRun(Ada, run), Stop)).Changed.ShouldBeFalse();

        var lease = await LeaseAsync(await AdmitAsync(LabId.New()));
        lease.RunId.ShouldBe(run);
        await SendOkAsync(lease, Closed(1, "completed"));
        (await Commands.SendAsync(new RetryRun(Ada, run), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Conflict);
    }
}
