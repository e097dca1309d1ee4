namespace SggLab.Training.Grpo;

/// <summary>What a group's (or batch's) centred rewards are divided by.</summary>
public enum RewardScale { Group, Batch, None }

/// <summary>
/// Advantages of rollouts from their rewards: numbers in, numbers out. A reward that is no number (a rollout that could not be scored) takes no
/// part in its group and has the advantage 0, as in TRL.
/// </summary>
public static class Advantages
{
    /// <summary>Added to the standard deviation, as in the reference (open_r1/grpo.py) and TRL.</summary>
    public const double Epsilon = 1e-4;

    /// <summary>(r - mean) / (std + 1e-4) with the unbiased standard deviation; rewards and result in rollout order, groups in a row.</summary>
    /// <param name="rewards">One reward a rollout, <paramref name="groupSize"/> in a row to a prompt.</param>
    public static float[] Of(IReadOnlyList<double> rewards, int groupSize, RewardScale scale = RewardScale.Group)
    {
        Check(rewards.Count, groupSize);
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
                advantages[i] = double.IsFinite(rewards[i]) ? ((float)rewards[i] - mean) / (float)divisor : 0;
        }
        return advantages;
    }

    /// <summary>
    /// Each reward normalised in its group, then summed (split_rewards of the reference's trainer): a reward of small spread counts as much as one
    /// of large spread.
    /// </summary>
    /// <param name="parts">The rewards of each rollout, in one order.</param>
    /// <param name="weights">Factor on each normalised reward; the reference has 1 each.</param>
    public static float[] OfParts(IReadOnlyList<double[]> parts, IReadOnlyList<double> weights, int groupSize)
    {
        Check(parts.Count, groupSize);
        var advantages = new float[parts.Count];
        for (var k = 0; k < weights.Count; k++)
        {
            var ofPart = Of([.. parts.Select(part => part[k])], groupSize);
            for (var i = 0; i < advantages.Length; i++)
                advantages[i] += (float)weights[k] * ofPart[i];
        }
        return advantages;
    }

    /// <summary>Share of groups whose rewards are all equal: they teach nothing.</summary>
    public static double FractionWithoutSignal(IReadOnlyList<double> rewards, int groupSize) =>
        Deviations(rewards, groupSize).Average(deviation => deviation == 0 ? 1.0 : 0.0);

    /// <summary>Mean over groups of each group's unbiased standard deviation (the reference's reward_std).</summary>
    public static double MeanDeviation(IReadOnlyList<double> rewards, int groupSize) => Deviations(rewards, groupSize).Average();

    /// <summary>The unbiased standard deviation of each group.</summary>
    public static double[] Deviations(IReadOnlyList<double> rewards, int groupSize) =>
        [.. Enumerable.Range(0, rewards.Count / groupSize).Select(group => Deviation(rewards, group * groupSize, groupSize))];

    private static void Check(int count, int groupSize)
    {
        if (groupSize < 2 || count % groupSize != 0)
            throw new ArgumentException($"{count} rewards are no groups of {groupSize}; a group has at least two.");
    }

    /// <summary>In float32, as the reference's tensors are; but equal rewards have themselves as the mean, whatever rounding would say.</summary>
    private static float Mean(IReadOnlyList<double> values, int start, int count)
    {
        var (sum, counted, first, allEqual) = (0f, 0, double.NaN, true);
        for (var i = start; i < start + count; i++)
        {
            if (!double.IsFinite(values[i]))
                continue;
            first = counted == 0 ? values[i] : first;
            allEqual &= values[i] == first;
            sum += (float)values[i];
            counted++;
        }
        return counted == 0 ? 0 : allEqual ? (float)first : sum / counted;
    }

    private static double Deviation(IReadOnlyList<double> values, int start, int count)
    {
        double mean = Mean(values, start, count);
        var (sum, counted) = (0.0, 0);
        for (var i = start; i < start + count; i++)
        {
            if (!double.IsFinite(values[i]))
                continue;
            sum += ((float)values[i] - mean) * ((float)values[i] - mean);
            counted++;
        }
        return counted < 2 ? 0 : Math.Sqrt(sum / (counted - 1));
    }
}
