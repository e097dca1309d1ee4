using SggLab.Contracts;
using SggLab.Tracking.Workers;

namespace SggLab.Tracking.Tests.Queue;

public sealed class DismissWorkerTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task A_worker_that_signed_off_is_listed_no_more_and_may_come_back()
    {
        var worker = await AdmitAsync(LabId.New(), "first");
        await SettledAsync();
        (await ListedAsync(worker)).ShouldBeTrue();

        (await DismissAsync(worker, "first")).Changed.ShouldBeTrue();
        (await DismissAsync(worker, "first")).Changed.ShouldBeFalse();
        (await ListedAsync(worker)).ShouldBeFalse();

        await AdmitAsync(worker, "second");
        (await ListedAsync(worker)).ShouldBeTrue();
    }

    [Fact]
    public async Task Another_process_under_the_same_id_and_one_that_holds_a_run_stay_listed()
    {
        var worker = await AdmitAsync(LabId.New(), "new");
        await QueueAsync(Spec("scripted"));
        await SettledAsync();

        (await DismissAsync(worker, "old")).Changed.ShouldBeFalse();
        var lease = await LeaseAsync(worker);
        (await DismissAsync(worker, "new")).Changed.ShouldBeFalse();

        (await ListedAsync(worker)).ShouldBeTrue();
        await SendOkAsync(lease, Closed(1, "completed"));
        (await DismissAsync(worker, "new")).Changed.ShouldBeTrue();
    }

    [Fact]
    public async Task Only_a_worker_signs_off() =>
        (await Commands.SendAsync(new DismissWorker(Ada, "w", "a"), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Forbidden);

    private Task<Outcome<string>> DismissAsync(string worker, string incarnation) => Commands.SendAsync(new DismissWorker(WorkerToken, worker, incarnation), Stop);

    private async Task<bool> ListedAsync(string worker) => (await Get<WorkerQueries>().ListAsync(Ada, Stop)).Any(listed => listed.Id == worker);
}
