using SggLab.Training.Grpo;

namespace SggLab.Training.Tests.Grpo;

public class AdvantagesTests
{
    [Fact]
    public void Advantages_equal_the_references_examples()
    {
        using var golden = Golden.Json("qwen", "qwen2-vl-tiny", "grpo.json");
        foreach (var example in golden.RootElement.GetProperty("advantage_examples").EnumerateArray())
        {
            var rewards = example.GetProperty("rewards").EnumerateArray().Select(value => value.GetDouble()).ToArray();
            var expected = example.GetProperty("advantages").EnumerateArray().Select(value => value.GetDouble()).ToArray();
            var actual = Advantages.Of(rewards, rewards.Length);
            for (var i = 0; i < expected.Length; i++)
                ((double)actual[i]).ShouldBe(expected[i], 1e-5);
        }
    }

    [Fact]
    public void A_group_of_equal_rewards_teaches_nothing()
    {
        Advantages.Of([0.7, 0.7, 0.7], 3).ShouldAllBe(advantage => advantage == 0);
        Advantages.FractionWithoutSignal([0.1, 0.1, 0.1, 0, 1, 0], 3).ShouldBe(0.5);
    }

    [Fact]
    public void Groups_do_not_see_each_other_unless_scaled_by_the_batch()
    {
        double[] quiet = [1, 2, 3, 4], both = [1, 2, 3, 4, 100, 0, 0, 0];
        Advantages.Of(both, 4)[..4].ShouldBe(Advantages.Of(quiet, 4));
        Advantages.Of(both, 4, RewardScale.Batch)[3].ShouldBeLessThan(0.1f);
        Advantages.Of(both, 4, RewardScale.None)[..4].ShouldBe([-1.5f, -0.5f, 0.5f, 1.5f]);
    }

    [Fact]
    public void A_group_of_one_is_refused() => Should.Throw<ArgumentException>(() => Advantages.Of([1.0], 1));

    [Fact]
    public void Split_rewards_are_normalised_one_by_one_and_then_summed()
    {
        // Two rewards of one group: [0, 1] has mean 1/2 and deviation 1/sqrt(2), [10, 30] mean 20 and deviation 20/sqrt(2).
        var advantages = Advantages.OfParts([[0, 10], [1, 30]], [1, 1], 2);
        var (small, large) = (0.5 / (Math.Sqrt(0.5) + 1e-4), 10 / (20 / Math.Sqrt(2) + 1e-4));
        ((double)advantages[1]).ShouldBe(small + large, 1e-5);
        ((double)advantages[0]).ShouldBe(-small - large, 1e-5);
        ((double)Advantages.OfParts([[0, 10], [1, 30]], [2, 0], 2)[1]).ShouldBe(2 * small, 1e-5);
    }

    [Fact]
    public void A_reward_that_is_no_number_takes_no_part_in_its_group()
    {
        var advantages = Advantages.Of([1, double.NaN, 3, double.PositiveInfinity], 4);
        advantages[1].ShouldBe(0);
        advantages[3].ShouldBe(0);
        advantages.ShouldBe([.. Advantages.Of([1, 3], 2).SelectMany(advantage => new[] { advantage, 0 })]);
        Advantages.Deviations([1, double.NaN, 3, double.NaN], 4).ShouldBe([Math.Sqrt(2)], 1e-12);
    }
}
