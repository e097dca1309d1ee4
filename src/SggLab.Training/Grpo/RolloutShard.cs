using Parquet;
using Parquet.Schema;

namespace SggLab.Training.Grpo;

/// <summary>One scored rollout, as a row of a shard.</summary>
/// <param name="Parts">Each reward of the variant by name, unweighted.</param>
/// <param name="Finish">stop or length.</param>
/// <param name="PromptTokens">Tokens of the prompt, image tokens included.</param>
/// <param name="PolicyVersion">Which weights it was drawn from.</param>
/// <param name="SampledLogProb">Sum of its tokens' log-probabilities at the sampler.</param>
public sealed record ScoredRollout(string ImageId, int Group, int Sample, string Prompt, string Completion, double Reward, IReadOnlyDictionary<string, double> Parts,
    float Advantage, int Tokens, string Finish, long Seed, int PromptTokens, string PolicyVersion, float SampledLogProb);

/// <summary>Writes the rollouts of a step as parquet: TRL's columns (step, prompt, completion, one a reward, advantage) and what finds a rollout again.</summary>
public static class RolloutShard
{
    public static void Write(string file, int step, IReadOnlyList<ScoredRollout> rollouts) => WriteAsync(file, step, rollouts).GetAwaiter().GetResult();

    private static async Task WriteAsync(string file, int step, IReadOnlyList<ScoredRollout> rollouts)
    {
        var rewards = rollouts.SelectMany(rollout => rollout.Parts.Keys).Distinct().ToArray();
        List<(DataField Field, Func<ParquetRowGroupWriter, DataField, Task> Write)> columns =
        [
            Column("step", _ => step),
            Column("image_id", rollout => rollout.ImageId),
            Column("group", rollout => rollout.Group),
            Column("sample", rollout => rollout.Sample),
            Column("seed", rollout => rollout.Seed),
            Column("prompt", rollout => rollout.Prompt),
            Column("completion", rollout => rollout.Completion),
            .. rewards.Select(name => Column(name, rollout => rollout.Parts.GetValueOrDefault(name))),
            Column("reward", rollout => rollout.Reward),
            Column("advantage", rollout => rollout.Advantage),
            Column("tokens", rollout => rollout.Tokens),
            Column("finish", rollout => rollout.Finish),
            Column("prompt_tokens", rollout => rollout.PromptTokens),
            Column("policy_version", rollout => rollout.PolicyVersion),
            Column("sampled_logprob", rollout => rollout.SampledLogProb),
        ];
        await using var stream = File.Create(file);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(columns.Select(column => (Field)column.Field)), stream).ConfigureAwait(false);
        using var group = writer.CreateRowGroup();
        foreach (var (field, write) in columns)
            await write(group, field).ConfigureAwait(false);

        (DataField, Func<ParquetRowGroupWriter, DataField, Task>) Column<T>(string name, Func<ScoredRollout, T> value)
        {
            if (typeof(T) == typeof(string))
                return (new DataField<string>(name, false), (to, field) => to.WriteAsync(field, rollouts.Select(rollout => (string)(object)value(rollout)!).ToArray()));
            return typeof(T) == typeof(int) ? Numbers(name, rollout => (int)(object)value(rollout)!)
                : typeof(T) == typeof(long) ? Numbers(name, rollout => (long)(object)value(rollout)!)
                : typeof(T) == typeof(float) ? Numbers(name, rollout => (float)(object)value(rollout)!)
                : Numbers(name, rollout => (double)(object)value(rollout)!);
        }

        (DataField, Func<ParquetRowGroupWriter, DataField, Task>) Numbers<T>(string name, Func<ScoredRollout, T> value) where T : struct =>
            (new DataField<T>(name, false), (to, field) => to.WriteAsync<T>(field, rollouts.Select(value).ToArray().AsMemory()));
    }
}
