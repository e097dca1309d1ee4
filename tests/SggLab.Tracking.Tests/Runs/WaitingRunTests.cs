using SggLab.Contracts;
using SggLab.Tracking.Runs;

namespace SggLab.Tracking.Tests.Runs;

/// <summary>In a lab of its own: another test's worker with a GPU would take the run.</summary>
public sealed class WaitingRunTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task A_queued_run_that_no_worker_can_take_says_so_until_one_comes()
    {
        await AdmitAsync(LabId.New());
        var queued = await QueueAsync(Spec("large") with { Device = "cuda" }, Spec("small"));
        await SettledAsync();

        (await WaitsAsync(queued.Runs[0].Id)).ShouldNotBeNull().ShouldStartWith("large waits for a worker with a GPU; none is connected. Start one");
        (await WaitsAsync(queued.Runs[1].Id)).ShouldBeNull();

        var strong = await AdmitAsync(LabId.New(), device: "cuda");
        await SettledAsync();
        (await WaitsAsync(queued.Runs[0].Id)).ShouldBeNull("it takes it in a moment");
        await SendOkAsync(await LeaseAsync(strong), Started(1));
        await SettledAsync();
        (await WaitsAsync(queued.Runs[0].Id)).ShouldBeNull("it runs");
    }

    private async Task<string?> WaitsAsync(string run) => (await Get<RunQueries>().FindAsync(Ada, run, Stop)).ShouldNotBeNull().Waits;
}
