using Marten;
using SggLab.Contracts;
using SggLab.Tracking.Access;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Store;

/// <summary>Events that no handler writes, put into the store as they are.</summary>
public sealed class DeadLetterTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task An_event_that_cannot_be_folded_is_left_out_visibly_and_everything_after_it_is_folded()
    {
        // One whose fold throws; two of one id, of which the database refuses the second.
        var throws = new CheckpointRegistered("c1", "r", "run", "e", 1, 1, "full", null, null!, "s", null, "1.0");
        var first = throws with { CheckpointId = "c2", Files = [] };
        await StoreAsync("checkpoint-c1", throws);
        await StoreAsync("checkpoint-c2", first);
        await StoreAsync("checkpoint-c2-again", first with { Run = "another" });

        var queued = await Commands.SendAsync(new QueueRuns(Ada, LabId.New(), new Contracts.Specs.ExperimentSpec { Experiment = "after", Runs = [Spec("after")] }), Stop);

        await UntilShownAsync(queued.Value!.Runs[0].Id);
        var letters = await Get<DeadLetters>().ListAsync(Stop);
        letters.Select(letter => (letter.Projection, letter.Stream, letter.EventType)).ShouldBe([("life:All", "checkpoint-c1", "checkpoint_registered"), ("life:All", "checkpoint-c2-again", "checkpoint_registered")]);
        (await Get<CheckpointQueries>().FindAsync(Ada, "c2", Stop)).ShouldNotBeNull().Run.ShouldBe("run");
        (await Get<StatusQueries>().GetAsync(Ada, Stop)).Problems.ShouldNotBeNull().ShouldContain(problem => problem.Contains("2 stored events", StringComparison.Ordinal) && problem.Contains("checkpoint-c1", StringComparison.Ordinal));
        await SettledAsync();
        var report = await RebuildCheck.RunAsync(Database, cancellation: Stop);
        report.Differences.ShouldBeEmpty();
        report.DeadLetters.Count.ShouldBe(2);
        report.IsSound.ShouldBeFalse();
    }

    private async Task StoreAsync(string stream, object e)
    {
        await using var session = Get<IDocumentStore>().LightweightSession(Actor.FirstProject);
        session.Events.StartStream(stream, e);
        await session.SaveChangesAsync(Stop);
    }

    private async Task UntilShownAsync(string runId)
    {
        for (var tries = 0; tries < 600 && await Get<RunQueries>().FindAsync(Ada, runId, Stop) is null; tries++)
            await Task.Delay(100, Stop);
        (await Get<RunQueries>().FindAsync(Ada, runId, Stop)).ShouldNotBeNull();
    }
}
