using SggLab.Contracts.Api;
using SggLab.Web.Experiments;

namespace SggLab.Web.Tests.Experiments;

public sealed class ProgressPartTests
{
    private static readonly ExperimentSummary Six = new("e1", "rewards", null, Samples.Noon, Runs: 6, Completed: 1, Failed: 1, Running: 2, Queued: 2);

    [Fact]
    public void Running_runs_fill_the_bar_by_their_steps_alone() =>
        ProgressPart.Of(Six with { RunningShare = 0.75 }).ShouldBe([new(1, "good"), new(0.75, "run"), new(1, "bad"), new(3.25, "off")]);

    [Fact]
    public void Runs_that_have_just_begun_fill_nothing() => ProgressPart.Of(Six).Single(part => part.Tone == "run").Runs.ShouldBe(0);
}
