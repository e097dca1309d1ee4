using SggLab.Contracts.Specs;
using SggLab.Web.Rollouts;

namespace SggLab.Web.Tests.Rollouts;

public sealed class RolloutGroupTests
{
    private static Rollout Answer(int group, int sample, double reward, double advantage) =>
        new($"image-{group}", group, sample, $"prompt {group}", "", reward, new Dictionary<string, double>(), advantage, 1, "stop", 1);

    [Fact]
    public void A_group_has_its_best_answer_first_and_knows_when_it_teaches_nothing()
    {
        var groups = RolloutGroup.Of([Answer(1, 0, 2, 0), Answer(0, 0, 0.5, -1), Answer(0, 1, 1.5, 1), Answer(1, 1, 2, 0)]);
        groups.Select(group => group.ImageId).ShouldBe(["image-0", "image-1"]);
        groups[0].Rollouts.Select(rollout => rollout.Sample).ShouldBe([1, 0]);
        (groups[0].Mean, groups[0].TeachesNothing, groups[1].TeachesNothing).ShouldBe((1.0, false, true));
    }

    [Fact]
    public void Rewards_are_explained_in_the_order_of_their_variant()
    {
        var parts = RewardPart.Of("soft_recall", ["edge_soft", "unheard_of", "format", "node_box", "node_category"]);
        parts.Select(part => part.Name).ShouldBe(["format", "node_category", "node_box", "edge_soft", "unheard_of"]);
        parts.Take(4).ShouldAllBe(part => part.Summary.Length > 0);
        RewardPart.VariantSummary("soft_recall").ShouldNotBeNull();
        var own = new VariantSpec { Name = "mine", Summary = "Mine.", Rewards = [new() { Name = "edge_f1", Weight = 0.5 }, new() { Name = "format", Weight = 3 }] };
        RewardPart.Of("mine", ["format", "edge_f1"], own).Select(part => (part.Name, part.Weight)).ShouldBe([("edge_f1", 0.5), ("format", 3)]);
        RewardPart.VariantSummary("mine", own).ShouldBe("Mine.");
    }
}
