using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.SceneGraphs.Rewards;
using SggLab.Training.Prompts;

namespace SggLab.Training.Grpo;

/// <summary>A completion as the update sees it.</summary>
/// <param name="Tokens">Prompt and completion, the completion labelled.</param>
/// <param name="Completion">Tokens of the completion.</param>
/// <param name="CountedTokens">Of these, how many count in the loss: all, or none where truncated completions are masked.</param>
internal sealed record GrpoRow(BatchRow Tokens, int Completion, int CountedTokens, float Advantage, float[]? SamplerLogProbs);

/// <summary>The scored rollouts of one step, groups in a row.</summary>
internal sealed record RolloutBatch(ExamplePrompt[] Prompts, IReadOnlyList<Completion> Rollouts, RewardScore[] Scores, double[] Rewards, float[] Advantages)
{
    private int GroupSize => Rollouts.Count / Prompts.Length;

    public GrpoRow Row(int i, GrpoSettings settings)
    {
        var rollout = Rollouts[i];
        return new GrpoRow(BatchRow.Of(Prompts[i / GroupSize].Prompt, rollout.Ids), rollout.Ids.Length,
            settings.MaskTruncated && rollout.Finish == FinishReason.Length ? 0 : rollout.Ids.Length, Advantages[i], rollout.LogProbs);
    }

    public IReadOnlyDictionary<string, double> PartMeans() =>
        Scores[0].Parts.Keys.ToDictionary(name => name, name => Scores.Average(score => score.Parts[name]));

    public ScoredRollout[] Rows(int groupSize) =>
    [
        .. Rollouts.Select((rollout, i) => new ScoredRollout(Prompts[i / groupSize].Example.ImageId, i / groupSize, i % groupSize,
            Prompts[i / groupSize].Prompt.Text, rollout.Text, Rewards[i], Scores[i].Parts, Advantages[i], rollout.Ids.Length,
            rollout.Finish == FinishReason.Length ? "length" : "stop", rollout.Seed)),
    ];
}
