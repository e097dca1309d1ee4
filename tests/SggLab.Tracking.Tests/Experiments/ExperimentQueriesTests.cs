using SggLab.Contracts;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Runs;

namespace SggLab.Tracking.Tests.Experiments;

public sealed class ExperimentQueriesTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task A_running_run_counts_by_the_share_of_its_steps_that_is_done()
    {
        var queued = await QueueAsync(Spec("half"), Spec("waiting"));
        var lease = await LeaseAsync(await AdmitAsync(LabId.New()));
        await SendOkAsync(lease, Started(1), Metrics(2, 4, 0.5));
        await SettledAsync();

        var experiment = (await Get<ExperimentQueries>().FindAsync(Ada, queued.ExperimentId, Stop)).ShouldNotBeNull();

        (experiment.Running, experiment.RunningShare).ShouldBe((1, 0.4));

        await SendOkAsync(lease, Closed(3, "completed"));
        await SettledAsync();

        experiment = (await Get<ExperimentQueries>().FindAsync(Ada, queued.ExperimentId, Stop)).ShouldNotBeNull();
        (experiment.Completed, experiment.RunningShare).ShouldBe((1, 0));
        // The queue is shared by these tests, which come in any order.
        await Commands.SendAsync(new CancelRun(Ada, queued.Runs[1].Id), Stop);
    }

    [Fact]
    public async Task A_cancelled_run_is_counted_apart_from_a_failed_one()
    {
        var queued = await QueueAsync(Spec("fails"), Spec("stopped", startsFrom: "fails"));
        await SendOkAsync(await LeaseAsync(await AdmitAsync(LabId.New())), Started(1), Closed(2, "failed", "no more memory"));
        await Commands.SendAsync(new CancelRun(Ada, queued.Runs[1].Id), Stop);
        await SettledAsync();

        var experiment = (await Get<ExperimentQueries>().FindAsync(Ada, queued.ExperimentId, Stop)).ShouldNotBeNull();

        (experiment.Failed, experiment.Cancelled).ShouldBe((2, 1), "scripts know the one as the sum");
    }
}
