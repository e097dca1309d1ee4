using Microsoft.Extensions.Hosting;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Store;

public sealed class ProjectionLeaderTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task Projections_go_on_after_the_database_dropped_every_connection()
    {
        await QueueAsync(Spec("before"));
        await SettledAsync();

        await DropConnectionsAsync();

        var queued = await RetryAsync(() => QueueAsync(Spec("after")));
        await UntilSeenAsync(queued.Runs[0].Id);
    }

    [Fact]
    public async Task Another_node_takes_over_when_the_leader_stops()
    {
        // The lab's own node leads; the second waits for the lock.
        using var second = AnotherNode();
        await second.StartAsync(Stop);
        var leader = Get<IEnumerable<IHostedService>>().OfType<ProjectionLeader>().Single();

        await leader.StopAsync(Stop);

        var queued = await QueueAsync(Spec("takeover"));
        await UntilSeenAsync(queued.Runs[0].Id);
        await leader.StartAsync(Stop);
        await second.StopAsync(Stop);
        var last = await QueueAsync(Spec("back"));
        await UntilSeenAsync(last.Runs[0].Id);
        (await RebuildCheck.RunAsync(Database, cancellation: Stop)).Differences.ShouldBeEmpty();
    }

    [Fact]
    public async Task Projections_that_nobody_runs_are_named_as_late()
    {
        await QueueAsync(Spec("seen"));
        await SettledAsync();
        (await Get<ProjectionLag>().LateAsync(TimeSpan.Zero, Stop)).ShouldBeEmpty();
        var leader = Get<IEnumerable<IHostedService>>().OfType<ProjectionLeader>().Single();
        await leader.StopAsync(Stop);

        await QueueAsync(Spec("unseen"));

        (await Get<ProjectionLag>().LateAsync(TimeSpan.Zero, Stop)).Select(l => l.Name).ShouldBe(ReadModels.Async().Select(p => p.Name), ignoreOrder: true);
        (await Get<ProjectionLag>().LateAsync(ProjectionLag.Patience, Stop)).ShouldBeEmpty();
        await leader.StartAsync(Stop);
        await SettledAsync();
        (await Get<ProjectionLag>().LateAsync(TimeSpan.Zero, Stop)).ShouldBeEmpty();
    }

    private async Task DropConnectionsAsync() => await ScalarAsync<long>("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");

    private static async Task<T> RetryAsync<T>(Func<Task<T>> act)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await act();
            }
            // A pooled connection that the server has closed says so at its next use.
            catch (Exception) when (tries < 40)
            {
                await Task.Delay(100, Stop);
            }
        }
    }

    private async Task UntilSeenAsync(string runId)
    {
        for (var tries = 0; tries < 300; tries++)
        {
            if (await RetryAsync(() => Get<RunQueries>().FindAsync(Ada, runId, Stop)) is not null)
                return;
            await Task.Delay(100, Stop);
        }
        (await Get<RunQueries>().FindAsync(Ada, runId, Stop)).ShouldNotBeNull();
    }
}
