using Bunit;
using SggLab.Contracts.Api;
using SggLab.Web.Experiments;

namespace SggLab.Web.Tests.Experiments;

public sealed class ProgressPartTests
{
    private static readonly ExperimentSummary Six = new("e1", "rewards", null, Samples.Noon, Runs: 6, Completed: 1, Failed: 1, Running: 2, Queued: 2);

    [Fact]
    public void Running_runs_fill_the_bar_by_their_steps_alone() =>
        ProgressPart.Of(Six with { RunningShare = 0.75 }).ShouldBe([new(1, "good"), new(0.75, "run"), new(1, "bad"), new(0, "cancelled"), new(3.25, "off")]);

    [Fact]
    public void Cancelled_runs_stand_apart_from_failed_ones_in_the_bar_and_in_words()
    {
        using var page = new BunitContext();
        var stopped = Six with { Failed = 3, Cancelled = 2, Queued = 0 };
        ProgressPart.Of(stopped).ShouldBe([new(1, "good"), new(0, "run"), new(1, "bad"), new(2, "cancelled"), new(2, "off")]);
        var bar = page.Render<ExperimentProgress>(one => one.Add(bar => bar.Experiment, stopped));
        bar.Find("[role=img]").GetAttribute("aria-label").ShouldBe("1 of 6 completed, 2 running, 1 failed, 2 cancelled");
        bar.FindAll(".lab-part-cancelled, .lab-part-bad").Count.ShouldBe(2);
        page.Render<ExperimentProgress>(one => one.Add(bar => bar.Experiment, stopped with { Failed = 2 })).Markup.ShouldNotContain("failed");
    }

    [Fact]
    public void Runs_that_have_just_begun_fill_nothing() => ProgressPart.Of(Six).Single(part => part.Tone == "run").Runs.ShouldBe(0);
}
