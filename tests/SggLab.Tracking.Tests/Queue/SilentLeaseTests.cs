using SggLab.Contracts;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Queue;

public sealed class SilentLeaseTests(ImpatientLab lab) : Lab(lab), IClassFixture<ImpatientLab>
{
    [Fact]
    public async Task A_silent_run_goes_back_into_the_queue_and_one_that_renews_or_may_be_offline_does_not()
    {
        await QueueAsync(Spec("silent"), Spec("offline") with { MayBeOffline = true }, Spec("alive"));
        var silent = await LeaseAsync(await AdmitAsync(LabId.New()));
        var offline = await LeaseAsync(await AdmitAsync(LabId.New()));
        var alive = await LeaseAsync(await AdmitAsync(LabId.New()));

        for (var i = 0; i < 15; i++)
        {
            (await Commands.SendAsync(new KeepLease(WorkerToken, alive.RunId, 1, alive.Fence), Stop)).Refusal.ShouldBeNull();
            await Task.Delay(200, Stop);
        }

        (await StreamAsync(StreamKeys.Run(silent.RunId)))[^1].Data.ShouldBeOfType<RunRequeued>().Cause.ShouldBe(RequeueCause.Lost);
        (await StreamAsync(StreamKeys.Run(offline.RunId)))[^1].Data.ShouldBeOfType<RunLeased>();
        (await StreamAsync(StreamKeys.Run(alive.RunId)))[^1].Data.ShouldBeOfType<RunLeased>();
    }

    [Fact]
    public async Task Only_the_server_ends_silent_leases() =>
        (await Commands.SendAsync(new EndSilentLease(Ada, "x", 1), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Forbidden);
}

/// <summary>Ends silent leases after a second.</summary>
public sealed class ImpatientLab : RunningLab
{
    public override LabSettings Settings => new() { LeaseTtl = TimeSpan.FromSeconds(0.2), LeaseGrace = TimeSpan.FromSeconds(1), SweepEvery = TimeSpan.FromSeconds(0.2) };
}
