using System.Collections.Concurrent;
using SggLab.Tracking.Live;

namespace SggLab.Tracking.Tests.Live;

public sealed class LiveFeedTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task Subscribers_hear_of_their_run_soon_after_its_events_and_after_a_lost_connection()
    {
        var lease = await LeasedAsync();
        var heard = new ConcurrentQueue<LabChange>();
        using var mine = Get<LiveFeed>().Subscribe("lab", "curve", lease.RunId, heard.Enqueue);
        using var other = Get<LiveFeed>().Subscribe("elsewhere", null, null, _ => throw new InvalidOperationException("not ours"));

        await SendOkAsync(lease, Started(1), Metrics(2, 1, 0.5));
        await UntilAsync(() => heard.Any(change => change == new LabChange("lab", "curve", lease.RunId)));

        await ScalarAsync<long>("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and query = 'listen sgglab_changes'");
        await UntilAsync(() => heard.Any(change => change.Kind == "all"));
        heard.Clear();
        await SendOkAsync(lease, Metrics(3, 2, 0.4));
        await UntilAsync(() => heard.Any(change => change.Kind == "curve"));
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; i < 200 && !holds(); i++)
            await Task.Delay(100, Stop);
        holds().ShouldBeTrue();
    }
}
