using SggLab.Contracts;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Queue;

public sealed class LeaseTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task Workers_that_ask_at_once_get_different_runs_in_order()
    {
        var queued = await QueueAsync([.. Enumerable.Range(0, 6).Select(i => Spec($"run{i}"))]);
        var workers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => AdmitAsync(LabId.New())));

        var leases = await Task.WhenAll(workers.Select(worker => TryLeaseAsync(worker)));
        // One that lost every race may come away empty-handed; asking again settles it.
        for (var i = 0; i < leases.Length; i++)
            leases[i] ??= await LeaseAsync(workers[i]);

        leases.Select(lease => lease!.RunId).ShouldBe(queued.Runs.Select(run => run.Id), ignoreOrder: true);
        (await TryLeaseAsync(await AdmitAsync(LabId.New()))).ShouldBeNull();
    }

    [Fact]
    public async Task A_worker_whose_answer_got_lost_is_given_the_same_lease_again()
    {
        await QueueAsync(Spec("one"), Spec("two"));
        var worker = await AdmitAsync(LabId.New());
        var lease = await LeaseAsync(worker);

        var again = await LeaseAsync(worker);

        (again.RunId, again.Attempt, again.Fence).ShouldBe((lease.RunId, lease.Attempt, lease.Fence));
        await SendOkAsync(lease, Closed(1, "completed"));
        await SendOkAsync(await LeaseAsync(worker), Closed(1, "completed"));
    }

    [Fact]
    public async Task A_run_that_starts_from_another_waits_for_it_and_is_given_its_last_checkpoint()
    {
        await QueueAsync(Spec("grpo", startsFrom: "sft"), Spec("sft"));
        var worker = await AdmitAsync(LabId.New());
        var sft = await LeaseAsync(worker);
        sft.Spec.Name.ShouldBe("sft");
        (await TryLeaseAsync(await AdmitAsync(LabId.New()))).ShouldBeNull();
        var checkpoint = await SaveCheckpointLineAsync(2, 10);
        await SendOkAsync(sft, Started(1), checkpoint, Closed(3, "completed"));

        var grpo = await LeaseAsync(worker);

        grpo.Spec.Name.ShouldBe("grpo");
        grpo.Start.ShouldNotBeNull().Id.ShouldBe(IdOf(checkpoint));
        grpo.Start.Files.ShouldHaveSingleItem().Path.ShouldBe("model.safetensors");
        grpo.Resume.ShouldBeNull();
        await SendOkAsync(grpo, Closed(1, "completed"));
    }

    [Fact]
    public async Task A_run_whose_start_failed_waits_until_that_one_is_retried()
    {
        var queued = await QueueAsync(Spec("sft"), Spec("grpo", startsFrom: "sft"));
        var worker = await AdmitAsync(LabId.New());
        await SendOkAsync(await LeaseAsync(worker), Started(1), Closed(2, "failed", "out of memory"));
        (await TryLeaseAsync(worker)).ShouldBeNull();
        await SettledAsync();
        var waiting = (await Get<RunQueries>().FindAsync(Ada, queued.Runs[1].Id, Stop)).ShouldNotBeNull();
        waiting.Run.State.ShouldBe("waiting");
        waiting.Run.Message.ShouldNotBeNull().ShouldContain("sft, which failed");

        (await Commands.SendAsync(new RetryRun(Ada, queued.Runs[0].Id), Stop)).Changed.ShouldBeTrue();
        var again = await LeaseAsync(worker);
        again.Attempt.ShouldBe(2);
        await SendOkAsync(again, Started(1), await SaveCheckpointLineAsync(2, 5), Closed(3, "completed"));

        var grpo = await LeaseAsync(worker);
        grpo.Spec.Name.ShouldBe("grpo");
        await SendOkAsync(grpo, Closed(1, "completed"));
    }

    [Fact]
    public async Task A_run_whose_start_left_no_checkpoint_fails_with_the_reason()
    {
        var queued = await QueueAsync(Spec("sft"), Spec("grpo", startsFrom: "sft"));
        var worker = await AdmitAsync(LabId.New());
        await SendOkAsync(await LeaseAsync(worker), Started(1), Closed(2, "completed"));

        (await TryLeaseAsync(worker)).ShouldBeNull();

        (await StreamAsync(StreamKeys.Run(queued.Runs[1].Id)))[^1].Data.ShouldBeOfType<RunFailed>().Message.ShouldContain("sft");
    }

    [Fact]
    public async Task A_worker_that_comes_back_as_another_process_gives_its_runs_back_at_once()
    {
        await QueueAsync(Spec("scripted"));
        var worker = await AdmitAsync(LabId.New(), "first");
        var lease = await LeaseAsync(worker);
        var checkpoint = await SaveCheckpointLineAsync(2, 4);
        await SendOkAsync(lease, Started(1), checkpoint);

        await AdmitAsync(worker, "second");
        await AdmitAsync(worker, "second");

        var next = await LeaseAsync(worker);
        next.Attempt.ShouldBe(2);
        next.Resume.ShouldNotBeNull().Id.ShouldBe(IdOf(checkpoint));
        next.Resume.Step.ShouldBe(4);
        (await StreamAsync(StreamKeys.Run(lease.RunId))).Select(e => e.Data).OfType<LeaseLost>().ShouldHaveSingleItem().Reason.ShouldContain("restarted");
        await SendOkAsync(next, Closed(1, "completed"));
    }

    [Fact]
    public async Task A_run_whose_workers_keep_dying_fails_with_a_message()
    {
        await QueueAsync(Spec("scripted"));
        var worker = LabId.New();
        for (var death = 0; death < Settings.MaxDeaths; death++)
        {
            await AdmitAsync(worker, $"process{death}");
            await LeaseAsync(worker);
        }
        await AdmitAsync(worker, "last");

        (await TryLeaseAsync(worker)).ShouldBeNull();
        var run = await ScalarAsync<string>("select run_id from lab.queue_entry_v1 where state = 'over' order by queued_at desc limit 1");
        var failed = (await StreamAsync(StreamKeys.Run(run!)))[^1].Data.ShouldBeOfType<RunFailed>();
        failed.Kind.ShouldBe("crashed");
        failed.Message.ShouldContain("3 times");
    }

    [Fact]
    public async Task A_worker_that_never_registered_gets_no_lease() =>
        (await Commands.SendAsync(new LeaseRun(WorkerToken, "stranger"), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.NotFound);
}
