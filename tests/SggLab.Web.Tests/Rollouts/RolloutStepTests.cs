using SggLab.Contracts.Api;
using SggLab.Web.Rollouts;

namespace SggLab.Web.Tests.Rollouts;

public sealed class RolloutStepTests
{
    private static EventItem Kept(long sequence, int step, int attempt = 1, bool superseded = false) =>
        Samples.Event(sequence, "rollouts_recorded", $$$"""{"step":{{{step}}},"count":64,"shard":{"path":"s","sha256":"{{{new string('a', 64)}}}","bytes":9},"rewardMean":0.5,"rewardStd":0.1,"rewardParts":{"format":1},"fracRewardZeroStd":0}""") with
        {
            Stream = $"attempt-r1-{attempt}",
            Superseded = superseded ? true : null,
        };

    private static AttemptSummary Attempt(int number, int resumed = 0) => new(number, "w1", Samples.Noon, null, null, resumed, 10);

    [Fact]
    public void Steps_rise_whatever_order_their_events_come_in() =>
        RolloutStep.Of([Kept(9, 15), Kept(7, 10), Kept(3, 5)], [Attempt(1)]).Select(step => step.Step).ShouldBe([5, 10, 15]);

    [Fact]
    public void A_step_that_was_rolled_back_is_shown_only_once_it_is_reached_again()
    {
        EventItem[] first = [Kept(3, 5), Kept(7, 10), Kept(9, 15)];
        RolloutStep.Of(first, [Attempt(1), Attempt(2, resumed: 8)]).Select(step => step.Step).ShouldBe([5]);
        RolloutStep.Of([.. first, Kept(20, 10, attempt: 2)], [Attempt(1), Attempt(2, resumed: 8)]).Select(step => (step.Step, step.Event)).ShouldBe([(5, 3L), (10, 20L)]);
    }

    [Fact]
    public void What_a_superseded_attempt_still_sent_is_left_out() => RolloutStep.Of([Kept(3, 5, superseded: true)], [Attempt(1)]).ShouldBeEmpty();

    [Fact]
    public void An_event_that_cannot_be_read_is_left_out() => RolloutStep.Of([Kept(3, 5), Samples.Event(4, "rollouts_recorded", """{"step":"x"}""") with { Stream = "attempt-r1-1" }], [Attempt(1)]).Count.ShouldBe(1);

    [Fact]
    public void An_address_with_a_step_that_was_not_kept_shows_the_nearest()
    {
        var steps = RolloutStep.Of([Kept(3, 5), Kept(7, 10)], [Attempt(1)]);
        RolloutStep.Choose(steps, 6)!.Step.ShouldBe(5);
        RolloutStep.Choose(steps, int.MaxValue)!.Step.ShouldBe(10);
        RolloutStep.Choose(steps, null)!.Step.ShouldBe(10);
        RolloutStep.Choose([], 5).ShouldBeNull();
    }
}
