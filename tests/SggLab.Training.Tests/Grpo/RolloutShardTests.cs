using Parquet;
using SggLab.Training.Grpo;

namespace SggLab.Training.Tests.Grpo;

public class RolloutShardTests
{
    [Fact]
    public async Task A_shard_reads_back_with_a_column_a_reward()
    {
        using var folder = new TempFolder();
        ScoredRollout[] rollouts =
        [
            new("a", 0, 0, "prompt", "odd \0 text ✓", 1.5, new Dictionary<string, double> { ["format"] = 1, ["edge_hard"] = 0.5 }, 0.7f, 12, "stop", 9_000_000_000, 300, "step-6", -9.5f),
            new("a", 0, 1, "prompt", "", 0, new Dictionary<string, double> { ["format"] = 0, ["edge_hard"] = 0 }, -0.7f, 0, "length", 2, 300, "step-6", 0),
        ];
        RolloutShard.Write(folder["shard.parquet"], 7, rollouts);
        await using var reader = await ParquetReader.CreateAsync(folder["shard.parquet"], cancellationToken: TestContext.Current.CancellationToken);
        reader.Schema.DataFields.Select(field => field.Name).ShouldBe(
            ["step", "image_id", "group", "sample", "seed", "prompt", "completion", "format", "edge_hard", "reward", "advantage", "tokens", "finish", "prompt_tokens", "policy_version", "sampled_logprob"]);
        reader.Schema.DataFields.ShouldAllBe(field => !field.IsNullable);
    }

    [Fact]
    public void The_same_rollouts_give_the_same_bytes()
    {
        using var folder = new TempFolder();
        ScoredRollout[] rollouts = [new("a", 0, 0, "p", "c", 1, new Dictionary<string, double> { ["format"] = 1 }, 0.5f, 3, "stop", 1, 5, "step-0", -1)];
        RolloutShard.Write(folder["1"], 1, rollouts);
        RolloutShard.Write(folder["2"], 1, rollouts);
        File.ReadAllBytes(folder["1"]).ShouldBe(File.ReadAllBytes(folder["2"]));
    }
}
