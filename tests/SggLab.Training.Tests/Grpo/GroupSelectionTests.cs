using SggLab.Training.Grpo;

namespace SggLab.Training.Tests.Grpo;

public class GroupSelectionTests
{
    [Theory]
    [InlineData(32, 1, 32), InlineData(32, 0.5, 64), InlineData(2, 0.7, 2), InlineData(7, 0.7, 10)]
    public void More_prompts_are_drawn_than_kept(int kept, double ratio, int drawn) => GroupSelection.Drawn(kept, ratio).ShouldBe(drawn);

    [Fact]
    public void The_groups_that_differ_most_stay_in_their_order()
    {
        GroupSelection.Keep([0.1, 0.5, 0, 0.5, 0.2], 3).ShouldBe([1, 3, 4]);
        GroupSelection.Keep([0, 0, 0], 2).ShouldBe([0, 1]);
    }
}
