namespace SggLab.Training.Grpo;

/// <summary>What a group's (or batch's) centred rewards are divided by.</summary>
public enum RewardScale { Group, Batch, None }

/// <summary>Advantages of rollouts from their rewards: numbers in, numbers out.</summary>
public static class Advantages
{
    /// <summary>Added to the standard deviation, as in the reference (open_r1/grpo.py) and TRL.</summary>
    public const double Epsilon = 1e-4;

    /// <summary>(r - mean) / (std + 1e-4) with the unbiased standard deviation; rewards and result in rollout order, groups in a row.</summary>
    /// <param name="rewards">One reward a rollout, <paramref name="groupSize"/> in a row to a prompt.</param>
    public static float[] Of(IReadOnlyList<double> rewards, int groupSize, RewardScale scale = RewardScale.Group)
    {
        if (groupSize < 2 || rewards.Count % groupSize != 0)
            throw new ArgumentException($"{rewards.Count} rewards are no groups of {groupSize}; a group has at least two.");
        var advantages = new float[rewards.Count];
        var batchDeviation = scale == RewardScale.Batch ? Deviation(rewards, 0, rewards.Count) : 0;
        for (var start = 0; start < rewards.Count; start += groupSize)
        {
            var mean = Mean(rewards, start, groupSize);
            var divisor = scale switch
            {
                RewardScale.Group => Deviation(rewards, start, groupSize) + Epsilon,
                RewardScale.Batch => batchDeviation + Epsilon,
                _ => 1.0,
            };
            for (var i = start; i < start + groupSize; i++)
                advantages[i] = ((float)rewards[i] - mean) / (float)divisor;
        }
        return advantages;
    }

    /// <summary>Share of groups whose rewards are all equal: they teach nothing.</summary>
    public static double FractionWithoutSignal(IReadOnlyList<double> rewards, int groupSize) =>
        Enumerable.Range(0, rewards.Count / groupSize).Average(group => Deviation(rewards, group * groupSize, groupSize) == 0 ? 1.0 : 0.0);

    /// <summary>Mean over groups of each group's unbiased standard deviation (TRL's reward_std).</summary>
    public static double MeanDeviation(IReadOnlyList<double> rewards, int groupSize) =>
        Enumerable.Range(0, rewards.Count / groupSize).Average(group => Deviation(rewards, group * groupSize, groupSize));

    /// <summary>In float32, as the reference's tensors are; but equal rewards have themselves as the mean, whatever rounding would say.</summary>
    private static float Mean(IReadOnlyList<double> values, int start, int count)
    {
        if (AllEqual(values, start, count))
            return (float)values[start];
        var sum = 0f;
        for (var i = start; i < start + count; i++)
            sum += (float)values[i];
        return sum / count;
    }

    private static bool AllEqual(IReadOnlyList<double> values, int start, int count)
    {
        for (var i = start + 1; i < start + count; i++)
            if (values[i] != values[start])
                return false;
        return true;
    }

    private static double Deviation(IReadOnlyList<double> values, int start, int count)
    {
        if (AllEqual(values, start, count))
            return 0;
        var sum = 0.0;
        double mean = Mean(values, start, count);
        for (var i = start; i < start + count; i++)
            sum += ((float)values[i] - mean) * ((float)values[i] - mean);
        return Math.Sqrt(sum / (count - 1));
    }
}
