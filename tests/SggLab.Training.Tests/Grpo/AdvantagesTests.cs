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
}
