using SggLab.Worker.Tests.Site;
using static SggLab.Worker.Tests.Site.LabSite;

namespace SggLab.Worker.Tests;

/// <summary>Worker processes against the real web process and PostgreSQL, when nothing dies.</summary>
public sealed class WorkerTests(LabSite site) : IClassFixture<LabSite>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_is_leased_trained_recorded_and_ranked()
    {
        var run = (await site.QueueAsync(Run("first", steps: 25)))[0];
        await using var worker = site.StartWorker("once", "--once");

        (await worker.ExitCodeAsync(Stop)).ShouldBe(0, worker.Output);
        var detail = await site.UntilEndAsync(run);
        (detail.Run.State, detail.Run.Step, detail.Run.Attempt).ShouldBe(("completed", 25, 1));
        detail.Checkpoints.Select(c => c.Step).ShouldBe([10, 20, 25]);
        detail.Evaluations.ShouldHaveSingleItem().Checkpoint.ShouldBe(detail.Checkpoints[^1].Id);
        (await site.Client.LeaderboardAsync(stop: Stop)).Rows.ShouldContain(row => row.RunId == run);
        await site.ShouldHoldEverythingOnceAsync(run, 25);
        Directory.GetDirectories(Path.Combine(site.State("once"), "attempts")).ShouldBeEmpty();
        (await site.Client.WorkersAsync(Stop)).ShouldNotContain(left => left.Id == "once", "it ended cleanly and is nothing to look after");
    }

    [Fact]
    public async Task Two_workers_share_a_queue_and_run_each_run_once()
    {
        var runs = await site.QueueAsync([.. Enumerable.Range(1, 6).Select(i => Run($"shared-{i}", steps: 30, seed: i))]);
        await using var one = site.StartWorker("one");
        await using var two = site.StartWorker("two");

        var ends = new List<SggLab.Contracts.Api.RunDetail>();
        foreach (var run in runs) ends.Add(await site.UntilEndAsync(run));
        ends.ShouldAllBe(e => e.Run.State == "completed" && e.Run.Attempt == 1);
        ends.Select(e => e.Attempts[0].Worker).Distinct().Order().ShouldBe(["one", "two"]);
        await site.ShouldHoldEverythingOnceAsync(runs[0], 30);
    }

    [Fact]
    public async Task A_cancelled_run_stops_at_its_next_step_and_the_worker_goes_on()
    {
        var runs = await site.QueueAsync(Run("long", steps: 10_000), Run("next", steps: 10));
        await using var worker = site.StartWorker("canceller");
        await site.UntilAsync(runs[0], r => r.Step >= 5, "to reach step 5");

        await site.Client.CancelAsync(runs[0], Stop);

        var cancelled = await site.UntilEndAsync(runs[0]);
        (cancelled.Run.State, cancelled.Attempts.Count).ShouldBe(("cancelled", 1));
        (await site.UntilEndAsync(runs[1])).Run.State.ShouldBe("completed");
    }

    [Fact]
    public async Task SIGTERM_saves_a_checkpoint_and_hands_the_run_back_at_once()
    {
        var run = (await site.QueueAsync(Run("handed-back", steps: 400, every: 1000)))[0];
        await using var first = site.StartWorker("leaver");
        await site.UntilAsync(run, r => r.Step >= 20, "to reach step 20");

        first.Terminate();

        (await first.ExitCodeAsync(Stop)).ShouldBe(0, first.Output);
        var handedBack = await site.UntilAsync(run, r => r.State == "queued", "to be queued again");
        var step = handedBack.Checkpoints.ShouldHaveSingleItem().Step;
        step.ShouldBeGreaterThanOrEqualTo(20);
        await using var second = site.StartWorker("successor", "--once");
        var detail = await site.UntilEndAsync(run);
        (detail.Run.State, detail.Attempts.Count, detail.Attempts[1].ResumedStep).ShouldBe(("completed", 2, step));
        await site.ShouldHoldEverythingOnceAsync(run, 400);
    }

    [Fact]
    public async Task A_failed_run_says_why_and_can_be_retried()
    {
        var run = (await site.QueueAsync(Run("failing", steps: 30, failAt: 15)))[0];
        await using var worker = site.StartWorker("failer");
        var failed = await site.UntilEndAsync(run);
        (failed.Run.State, failed.Run.Attempt).ShouldBe(("failed", 1));
        failed.Run.Message.ShouldNotBeNull().ShouldContain("fails at step 15");

        await site.Client.RetryAsync(run, Stop);

        var again = await site.UntilAsync(run, r => r is { State: "failed", Attempt: 2 }, "to fail again");
        again.Attempts[1].ResumedStep.ShouldBe(10);
    }

    [Fact]
    public async Task A_run_that_starts_from_another_gets_its_last_checkpoint()
    {
        var runs = await site.QueueAsync(Run("base", steps: 10), Run("follower", steps: 10, startsFrom: "base"));
        await using var worker = site.StartWorker("follower");
        var follower = await site.UntilEndAsync(runs[1]);
        var start = (await site.Client.RunAsync(runs[0], Stop)).Checkpoints[^1];

        (follower.Run.State, follower.Checkpoints[0].Parent).ShouldBe(("completed", start.Id));
        (await site.Client.LineageAsync(follower.Checkpoints[^1].Id, Stop)).Ancestors.Select(a => a.Id).ShouldContain(start.Id);
    }

    [Fact]
    public async Task A_wrong_token_is_said_at_once()
    {
        var token = Path.Combine(site.Home, "wrong-token");
        await File.WriteAllTextAsync(token, "not-a-token", Stop);
        await using var worker = ChildProcess.Start("SggLab.Worker", "SggLab.Worker", ["--server", site.Url.AbsoluteUri, "--token-file", token, "--state", site.State("stranger")]);

        (await worker.ExitCodeAsync(Stop)).ShouldBe(2);
        worker.Output.ShouldContain("token");
        worker.Output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_state_folder_serves_one_worker_at_a_time()
    {
        await using var first = site.StartWorker("twin");
        await LabSite.UntilAsync(() => Task.FromResult(first.Output.Contains("registered", StringComparison.Ordinal)), "the first to register");
        await using var second = site.StartWorker("twin");

        (await second.ExitCodeAsync(Stop)).ShouldBe(2);
        second.Output.ShouldContain("in use by another worker");
    }
}
