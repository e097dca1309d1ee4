using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Prompts;

namespace SggLab.Training.Grpo;

/// <summary>A completion as the update sees it.</summary>
/// <param name="Tokens">Prompt and completion, the completion labelled.</param>
/// <param name="Completion">Tokens of the completion, with the padding that stays in the loss where eos is reference.</param>
/// <param name="CountedTokens">Of these, how many count in the loss: all, or none where truncated completions are masked.</param>
/// <param name="SamplerLogProbs">Of the tokens that were drawn; null where the sampler does not tell.</param>
/// <param name="Kept">The tokens that were left in each draw, where that is replayed.</param>
internal sealed record GrpoRow(BatchRow Tokens, int Completion, int CountedTokens, float Advantage, float[]? SamplerLogProbs, IReadOnlyList<int[]>? Kept);

/// <summary>The scored rollouts of one step, groups in a row.</summary>
/// <param name="Parts">Each reward of the variant, in its order, without its factor.</param>
/// <param name="Rewards">The weighted sums.</param>
/// <param name="Advantages">Empty until the groups to learn from are chosen.</param>
internal sealed record RolloutBatch(ExamplePrompt[] Prompts, IReadOnlyList<Completion> Rollouts, string[] Names, double[][] Parts, double[] Rewards, float[] Advantages)
{
    private int GroupSize => Rollouts.Count / Prompts.Length;

    /// <summary>Of all completions, each with its prompt.</summary>
    public long Tokens => Rollouts.Select((rollout, i) => (long)Prompts[i / GroupSize].Prompt.Ids.Length + rollout.Ids.Length).Sum();

    /// <summary>Only these groups.</summary>
    public RolloutBatch Of(int[] groups)
    {
        int[] rows = [.. groups.SelectMany(group => Enumerable.Range(group * GroupSize, GroupSize))];
        return new RolloutBatch([.. groups.Select(group => Prompts[group])], [.. rows.Select(row => Rollouts[row])], Names,
            [.. rows.Select(row => Parts[row])], [.. rows.Select(row => Rewards[row])], [.. rows.Take(Advantages.Length).Select(row => Advantages[row])]);
    }

    /// <summary>What the update learns from.</summary>
    /// <param name="endOfTurn">The id of &lt;|im_end|&gt;.</param>
    /// <param name="padding">The id of padding.</param>
    public GrpoRow[] Rows(GrpoSettings settings, int endOfTurn, int padding)
    {
        var longest = Rollouts.Max(rollout => rollout.Ids.Length);
        return [.. Rollouts.Select((rollout, i) => Row(i, rollout, settings, settings.Eos == "reference" && !rollout.Ids.Contains(endOfTurn) ? longest : rollout.Ids.Length, padding))];
    }

    private GrpoRow Row(int i, Completion rollout, GrpoSettings settings, int length, int padding)
    {
        int[] ids = [.. rollout.Ids, .. Enumerable.Repeat(padding, length - rollout.Ids.Length)];
        var masked = settings.MaskTruncated && rollout.Finish == FinishReason.Length;
        return new GrpoRow(BatchRow.Of(Prompts[i / GroupSize].Prompt, ids), length, masked ? 0 : length, Advantages[i],
            settings.ReplaySampling ? rollout.DrawnLogProbs : rollout.LogProbs, settings.ReplaySampling ? rollout.Kept : null);
    }

    /// <summary>Mean of each reward over the rollouts that could be scored.</summary>
    public IReadOnlyDictionary<string, double> PartMeans() =>
        Names.Select((name, k) => (name, values: Parts.Select(part => part[k]).Where(double.IsFinite))).ToDictionary(pair => pair.name, pair => pair.values.DefaultIfEmpty(0).Average());

    public ScoredRollout[] Scored(int groupSize, string policyVersion) =>
    [
        .. Rollouts.Select((rollout, i) => new ScoredRollout(Prompts[i / groupSize].Example.ImageId, i / groupSize, i % groupSize,
            Prompts[i / groupSize].Prompt.Text, rollout.Text, Rewards[i], Names.Zip(Parts[i]).ToDictionary(pair => pair.First, pair => pair.Second), Advantages[i], rollout.Ids.Length,
            rollout.Finish == FinishReason.Length ? "length" : "stop", rollout.Seed, Prompts[i / groupSize].Prompt.Ids.Length, policyVersion, rollout.LogProbs.Sum())),
    ];
}
