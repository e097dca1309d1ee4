using SggLab.Training.Optimization;

namespace SggLab.Training.Tests.Optimization;

public class LearningRateScheduleTests
{
    [Fact]
    public void Linear_rises_over_the_warm_up_and_falls_to_zero()
    {
        var schedule = new LearningRateSchedule("linear", 1.0, 0.2, 10);
        Enumerable.Range(0, 11).Select(step => Math.Round(schedule.At(step), 6))
            .ShouldBe([0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0]);
    }

    [Fact]
    public void Without_warm_up_the_first_step_has_the_whole_rate()
    {
        new LearningRateSchedule("linear", 6e-7, 0, 100).At(0).ShouldBe(6e-7);
        new LearningRateSchedule("cosine", 1, 0, 100).At(50).ShouldBe(0.5, 1e-12);
        new LearningRateSchedule("constant", 1, 0, 100).At(99).ShouldBe(1);
    }
}
