using Npgsql;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Queue;

public sealed class DeviceTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task A_run_on_a_GPU_waits_for_a_worker_that_has_one_and_holds_up_nothing_behind_it()
    {
        await QueueAsync(Spec("large") with { Device = "cuda" }, Spec("small"));
        var (plain, strong) = (await AdmitAsync(LabId.New()), await AdmitAsync(LabId.New(), device: "cuda"));

        var small = await LeaseAsync(plain);
        small.Spec.Name.ShouldBe("small");
        await SendOkAsync(small, Closed(1, "completed"));
        (await TryLeaseAsync(plain)).ShouldBeNull();

        await SettledAsync();
        var waiting = (await Get<QueueQueries>().ListAsync(Ada, Stop)).ShouldHaveSingleItem();
        (waiting.Run.Name, waiting.Device).ShouldBe(("large", "cuda"));
        var large = await LeaseAsync(strong);
        large.Spec.Name.ShouldBe("large");
        await SendOkAsync(large, Closed(1, "completed"));
    }

    [Fact]
    public async Task A_worker_with_a_GPU_takes_runs_on_the_CPU_too()
    {
        await QueueAsync(Spec("small"));

        await SendOkAsync(await LeaseAsync(await AdmitAsync(LabId.New(), device: "cuda")), Closed(1, "completed"));
    }

    [Fact]
    public async Task What_was_queued_and_registered_before_devices_were_kept_is_known_after_a_migration()
    {
        var strong = await AdmitAsync(LabId.New(), device: "cuda");
        await QueueAsync(Spec("large") with { Device = "cuda" });
        await SettledAsync();
        foreach (var undo in new[] { "alter table lab.queue_entry_v1 drop column device", "alter table lab.worker_presence drop column device", "delete from lab.schema_version where version >= 4" })
            await ExecuteAsync(undo);

        await LabDatabase.MigrateAsync(Database, Stop);

        (await TryLeaseAsync(await AdmitAsync(LabId.New()))).ShouldBeNull();
        await SendOkAsync(await LeaseAsync(strong), Closed(1, "completed"));
    }

    [Theory]
    [InlineData("cuda", "waits for a worker with a GPU; none is connected", "cpu idle", "cuda lost")]
    [InlineData("cuda", "waits for a worker with a GPU; all of them are busy", "cpu idle", "cuda busy")]
    [InlineData("cuda", null, "cuda busy", "cuda idle")]
    [InlineData("cpu", null, "cpu busy")]
    public void A_run_says_for_which_workers_it_waits(string device, string? why, params string[] workers) =>
        DeviceWait.Why(device, [.. workers.Select(Worker)]).ShouldBe(why);

    [Theory]
    [InlineData("none is connected. Start one where there is a GPU (`./sgglab worker run", "cpu idle")]
    [InlineData("all of them are busy. It starts when one of them is free", "cuda busy")]
    [InlineData(null, "cuda idle")]
    public void A_run_says_why_it_waits_and_what_to_do(string? said, params string[] workers)
    {
        var explained = DeviceWait.Explain("large", "cuda", [.. workers.Select(Worker)]);
        if (said is null)
            explained.ShouldBeNull();
        else
            explained.ShouldNotBeNull().ShouldStartWith("large waits for a worker with a GPU; " + said);
    }

    [Fact]
    public void Runs_that_no_connected_worker_can_take_are_named_with_the_remedy()
    {
        var said = DeviceWait.NoWorkerFor([("sft", "cuda"), ("small", "cpu"), ("grpo", "cuda")], [Worker("cpu idle")]).ShouldNotBeNull();

        said.ShouldStartWith("sft, grpo wait for a worker with a GPU; none is connected.");
        said.ShouldContain("device: cpu");
        DeviceWait.NoWorkerFor([("sft", "cuda")], [Worker("cuda busy")]).ShouldBeNull();
        DeviceWait.NoWorkerFor([("small", "cpu")], []).ShouldBeNull();
    }

    private static WorkerSummary Worker(string deviceAndState)
    {
        var words = deviceAndState.Split(' ');
        return new WorkerSummary(deviceAndState, "box", words[0], words[1], null, null, DateTimeOffset.UnixEpoch, "1.0");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = Get<NpgsqlDataSource>().CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Stop);
    }
}
