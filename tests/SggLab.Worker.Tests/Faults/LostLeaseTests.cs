using SggLab.Worker.Tests.Site;
using static SggLab.Worker.Tests.Site.LabSite;

namespace SggLab.Worker.Tests.Faults;

/// <summary>A worker that was silent for too long has lost its run, whatever it does afterwards.</summary>
public sealed class LostLeaseTests(ImpatientSite site) : IClassFixture<ImpatientSite>
{
    [Fact]
    public async Task A_worker_that_slept_past_its_lease_stops_when_another_has_the_run()
    {
        var run = (await site.QueueAsync(Run("contested", steps: 300)))[0];
        await using var sleeper = site.StartWorker("sleeper");
        await site.UntilAsync(run, r => r.Step >= 25, "to reach step 25");

        sleeper.Freeze();
        await site.UntilAsync(run, r => r.State == "queued", "to be queued again");
        await using var heir = site.StartWorker("heir");
        await site.UntilAsync(run, r => r.Attempt >= 2 && r.Step >= 40, "to go on elsewhere");
        sleeper.Thaw();
        await LabSite.UntilAsync(() => Task.FromResult(sleeper.Output.Contains("no longer ours", StringComparison.Ordinal)), "the sleeper to notice", () => sleeper.Output);

        var detail = await site.UntilEndAsync(run);
        (detail.Run.State, detail.Attempts[1].Worker).ShouldBe(("completed", "heir"));
        await LabSite.UntilAsync(() => Task.FromResult(Directory.GetDirectories(Path.Combine(site.State("sleeper"), "attempts")).Length == 0), "the sleeper to send what it had recorded");
        await site.ShouldHoldEverythingOnceAsync(run, 300);
    }
}
