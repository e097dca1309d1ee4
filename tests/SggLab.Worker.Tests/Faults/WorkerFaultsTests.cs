using SggLab.Worker.Tests.Site;
using static SggLab.Worker.Tests.Site.LabSite;

namespace SggLab.Worker.Tests.Faults;

/// <summary>Workers, the web process and the way between them die or stall in the middle of a run; nothing acknowledged is lost, nothing is stored twice.</summary>
public sealed class WorkerFaultsTests(LabSite site) : IClassFixture<LabSite>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_worker_goes_on_from_the_last_checkpoint()
    {
        var run = (await site.QueueAsync(Run("killed", steps: 600, every: 20)))[0];
        for (var kill = 1; kill <= 2; kill++)
        {
            await using var doomed = site.StartWorker("phoenix");
            var begun = (await site.UntilAsync(run, r => r.Attempt == kill, $"to begin attempt {kill}")).Run;
            await site.UntilAsync(run, r => r.Step >= 45 && r.LastCheckpoint != begun.LastCheckpoint, $"to save a checkpoint in attempt {kill}");
            doomed.Kill();
            await doomed.ExitCodeAsync(Stop);
        }
        await using var last = site.StartWorker("phoenix");

        var detail = await site.UntilEndAsync(run);
        (detail.Run.State, detail.Attempts.Count).ShouldBe(("completed", 3));
        detail.Attempts.Select(a => a.ResumedStep % 20).ShouldAllBe(rest => rest == 0);
        detail.Attempts[2].ResumedStep.ShouldBeGreaterThan(detail.Attempts[1].ResumedStep);
        await site.ShouldHoldEverythingOnceAsync(run, 600);
    }

    [Fact]
    public async Task A_run_trains_on_while_the_server_is_away_and_catches_up()
    {
        var run = (await site.QueueAsync(Run("offline", steps: 100)))[0];
        await using var worker = site.StartWorker("offline");
        await site.UntilAsync(run, r => r.Step >= 15, "to reach step 15");

        await site.KillWebAsync();
        // The run ends on the worker's side before anybody hears of it.
        await LabSite.UntilAsync(() => Task.FromResult(worker.Output.Contains("outcome=completed", StringComparison.Ordinal)), "the trainer to end", () => worker.Output);
        await site.StartWebAsync();

        var detail = await site.UntilEndAsync(run);
        (detail.Run.State, detail.Attempts.Count).ShouldBe(("completed", 1));
        await site.ShouldHoldEverythingOnceAsync(run, 100);
    }

    [Fact]
    public async Task A_killed_web_process_and_a_killed_worker_at_once_lose_nothing()
    {
        var run = (await site.QueueAsync(Run("both", steps: 500)))[0];
        await using var doomed = site.StartWorker("both");
        await site.UntilAsync(run, r => r.Step >= 15, "to reach step 15");

        await site.KillWebAsync();
        await Task.Delay(500, Stop);
        doomed.Kill();
        await doomed.ExitCodeAsync(Stop);
        await using var next = site.StartWorker("both");
        await site.StartWebAsync();

        var detail = await site.UntilEndAsync(run);
        (detail.Run.State, detail.Attempts.Count).ShouldBe(("completed", 2));
        // What the dead process had recorded while nobody listened was sent first, its checkpoints included.
        detail.Attempts[1].ResumedStep.ShouldBeGreaterThanOrEqualTo(20);
        await site.ShouldHoldEverythingOnceAsync(run, 500);
    }

    [Fact]
    public async Task Dropped_replies_double_nothing()
    {
        await using var proxy = await DroppingProxy.StartAsync(site.Url, oneIn: 3);
        var run = (await site.QueueAsync(Run("dropped", steps: 100)))[0];
        await using var worker = site.StartWorker("dropped", proxy.Url, "--once");

        var detail = await site.UntilEndAsync(run);
        (detail.Run.State, detail.Attempts.Count).ShouldBe(("completed", 1), worker.Output);
        proxy.Dropped.ShouldBeGreaterThan(5);
        await worker.ExitCodeAsync(Stop);
        await site.ShouldHoldEverythingOnceAsync(run, 100);
    }

    [Fact]
    public async Task A_full_disk_fails_the_run_with_a_message_and_not_the_worker()
    {
        var run = (await site.QueueAsync(Run("full-disk", steps: 5000, every: 10_000, milliseconds: 0)))[0];
        await using var worker = site.StartWorker("full-disk", site.Url, fileLimitKilobytes: 100);

        var failed = await site.UntilEndAsync(run);
        failed.Run.State.ShouldBe("failed");
        failed.Run.Message.ShouldNotBeNull().ShouldContain("is full");
        worker.HasExited.ShouldBeFalse(worker.Output);
        worker.Terminate();
        (await worker.ExitCodeAsync(Stop)).ShouldBe(0, worker.Output);
    }
}
