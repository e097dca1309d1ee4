namespace SggLab.Web.Rollouts;

/// <summary>The completions of one prompt, best first: GRPO weighs each against the mean of its group.</summary>
public sealed record RolloutGroup(int Number, string ImageId, string Prompt, IReadOnlyList<Rollout> Rollouts)
{
    public double Mean => Rollouts.Average(rollout => rollout.Reward);
    public double Best => Rollouts[0].Reward;
    public double Worst => Rollouts[^1].Reward;

    /// <summary>All earned the same, so that every advantage is 0.</summary>
    public bool TeachesNothing => Rollouts.All(rollout => rollout.Advantage == 0);

    public static IReadOnlyList<RolloutGroup> Of(IEnumerable<Rollout> rollouts) =>
    [
        .. rollouts.GroupBy(rollout => rollout.Group).OrderBy(group => group.Key)
            .Select(group => new RolloutGroup(group.Key, group.First().ImageId, group.First().Prompt, [.. group.OrderByDescending(rollout => rollout.Reward).ThenBy(rollout => rollout.Sample)])),
    ];
}
