using SggLab.Contracts.Specs;
using SggLab.SceneGraphs.Rewards;
using SggLab.Training.Grpo;

namespace SggLab.Training.Tests.Grpo;

public class RewardWeightsTests
{
    [Fact]
    public void A_reward_rises_from_nothing_over_its_warm_up()
    {
        var weights = new RewardWeights(2, [], [0, 4]);
        Enumerable.Range(0, 6).Select(step => weights.At(step)[1]).ShouldBe([0, 0.25, 0.5, 0.75, 1, 1]);
        weights.At(0)[0].ShouldBe(1);
    }

    [Fact]
    public void Weights_scale_what_the_warm_up_gives()
    {
        new RewardWeights(2, [0.5, 3], [0, 2]).At(1).ShouldBe([0.5, 1.5]);
        new RewardWeights(2, [], []).At(0).ShouldBe([1, 1]);
    }

    [Fact]
    public void Specs_know_each_variants_rewards_in_their_order()
    {
        foreach (var (name, rewards) in VariantRewards.ByName)
            RewardVariants.Find(name).Terms.Select(term => term.Function.Name).ShouldBe(rewards);
        VariantRewards.Known.ShouldBe(RewardFunctions.All.Select(reward => reward.Name));
    }
}
