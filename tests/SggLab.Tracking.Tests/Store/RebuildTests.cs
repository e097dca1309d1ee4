using SggLab.Contracts;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Store;

public sealed class RebuildTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task What_is_served_equals_a_rebuild_and_a_changed_row_is_found()
    {
        await QueueAsync(Spec("sft"), Spec("grpo", "sft"), Spec("other"));
        var worker = await AdmitAsync(LabId.New());
        var first = await LeaseAsync(worker);
        var weights = await SaveCheckpointLineAsync(2, 0, "base");
        var full = await SaveCheckpointLineAsync(5, 2, parent: IdOf(weights));
        await SendOkAsync(first, Started(1), weights, Metrics(3, 1, double.NaN), Metrics(4, 2, 0.5), full, await EvaluationLineAsync(6, IdOf(full), 2, [0.1, null, 0.3]), Line(7, "log", new { level = "info", text = "x" }));
        await AdmitAsync(worker, "b");
        var second = await LeaseAsync(worker);
        await SendOkAsync(second, Started(1, 2, IdOf(full)), Metrics(2, 3, 0.4), Closed(3, "completed"));
        await Commands.SendAsync(new CancelRun(Ada, (await LeaseAsync(worker)).RunId), Stop);
        await Commands.SendAsync(new Tracking.Access.IssueToken(Root, "t", Tracking.Access.Role.Viewer), Stop);
        await SettledAsync();

        var report = await RebuildCheck.RunAsync(Database, cancellation: Stop);

        report.Differences.ShouldBeEmpty();
        report.Events.ShouldBeGreaterThan(25);
        report.Tables.Count.ShouldBeGreaterThan(10);

        await ScalarAsync<long>("with changed as (update lab.run_row_v1 set state = 'failed' where name = 'sft' returning 1) select count(*) from changed");
        var difference = (await RebuildCheck.RunAsync(Database, cancellation: Stop)).Differences.ShouldHaveSingleItem();
        (difference.Table, difference.OnlyServed, difference.OnlyRebuilt).ShouldBe(("run_row_v1", 1L, 1L));
    }
}
