using SggLab.Contracts;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Checkpoints;

public sealed class LineageTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task A_checkpoint_knows_its_ancestors_and_what_grew_from_it()
    {
        var lease = await LeasedAsync();
        var weights = await SaveCheckpointLineAsync(2, 0, "base");
        var middle = await SaveCheckpointLineAsync(3, 5, parent: IdOf(weights));
        var last = await SaveCheckpointLineAsync(4, 10, parent: IdOf(middle));
        await SendOkAsync(lease, Started(1), weights, middle, last, Closed(5, "completed"));
        await SettledAsync();

        var lineage = (await Get<CheckpointQueries>().LineageAsync(Ada, IdOf(middle), Stop)).ShouldNotBeNull();

        lineage.Ancestors.Select(node => node.Id).ShouldBe([IdOf(weights)]);
        lineage.Descendants.Select(node => node.Id).ShouldBe([IdOf(last)]);
        lineage.Checkpoint.Files.ShouldHaveSingleItem();
        (await Get<CheckpointQueries>().LineageAsync(Ada, "unknown", Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task Two_runs_that_start_from_the_same_weights_share_their_checkpoint()
    {
        await QueueAsync(Spec("one"), Spec("two"));
        var (one, two) = (await LeaseAsync(await AdmitAsync(LabId.New())), await LeaseAsync(await AdmitAsync(LabId.New())));
        var weights = await SaveCheckpointLineAsync(1, 0, "base", content: "the same weights");

        await Task.WhenAll(SendOkAsync(one, weights), SendOkAsync(two, weights));

        (await StreamAsync(StreamKeys.Checkpoint(IdOf(weights)))).Count.ShouldBe(1);
        (await StreamAsync(StreamKeys.Run(one.RunId)))[^1].Data.ShouldBeOfType<RunCheckpointed>();
        (await StreamAsync(StreamKeys.Run(two.RunId)))[^1].Data.ShouldBeOfType<RunCheckpointed>();
    }
}
