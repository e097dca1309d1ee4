using SggLab.Contracts;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Store;

public sealed class PartlyRebuiltTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task A_part_is_checked_by_the_name_of_its_projection_or_table_and_an_unknown_name_is_refused()
    {
        (await RebuildCheck.RunAsync(Database, "life", Stop)).Tables.ShouldContain("run_row_v1");
        (await RebuildCheck.RunAsync(Database, "curves", Stop)).Tables.ShouldNotContain("run_row_v1");
        (await RebuildCheck.RunAsync(Database, "run_row", Stop)).Tables.ShouldHaveSingleItem();

        var refused = await Should.ThrowAsync<LabException>(() => RebuildCheck.RunAsync(Database, "runs", Stop));

        refused.ExitCode.ShouldBe(2);
        refused.Message.ShouldContain("queue, access, life, curves");
    }
}

public sealed class LateRebuildTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task A_projection_that_stands_still_does_not_pass()
    {
        await QueueAsync(Spec("late"));
        await SettledAsync();
        // As if the newest event had waited for an hour.
        await ScalarAsync<long>("with waited as (update lab.mt_events set timestamp = now() - interval '1 hour' where seq_id = (select max(seq_id) from lab.mt_events) returning 1) select count(*) from waited");
        await ScalarAsync<long>("with stands as (update lab.mt_event_progression set last_seq_id = last_seq_id - 1 where name = 'curves:All' returning 1) select count(*) from stands");

        var report = await RebuildCheck.RunAsync(Database, "curves", Stop);

        report.Late.ShouldHaveSingleItem().Name.ShouldBe("curves");
        report.IsSound.ShouldBeFalse();
        (await RebuildCheck.RunAsync(Database, "queue", Stop)).Late.ShouldBeEmpty("the queue is written with its events");
    }
}
