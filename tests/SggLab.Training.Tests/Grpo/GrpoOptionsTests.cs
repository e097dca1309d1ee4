using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Modeling;
using SggLab.Training.Grpo;
using SggLab.Training.Prompts;

namespace SggLab.Training.Tests.Grpo;

/// <summary>The options of GRPO, each in runs of one or two steps.</summary>
public sealed class GrpoOptionsTests : IDisposable
{
    private readonly TinyRuns _runs = new();
    public void Dispose() => _runs.Dispose();

    private RunSpec Spec(GrpoSettings settings) => _runs.Spec(RunMethod.Grpo) with { Grpo = settings };
    private static GrpoSettings One { get; } = TinyRuns.Grpo with { MaxSteps = 1, Iterations = 1 };

    private MemoryRecorder Completed(GrpoSettings settings)
    {
        var (closed, recorder) = _runs.Run(Spec(settings));
        closed.Outcome.ShouldBe("completed", closed.Message);
        return recorder;
    }

    [Fact]
    public void Replaying_the_samplers_kept_tokens_the_trainer_finds_the_samplers_probabilities()
    {
        var cut = One with { Beta = 0, TopK = 20, TopP = 0.8 };
        Completed(cut with { ReplaySampling = true }).Series("sampling/sampling_logp_difference/max")[0]!.Value.ShouldBeLessThan(1e-3);
        // Entropies among a fifth of the vocabulary are smaller than over all of it.
        Completed(cut with { ReplaySampling = true }).Series("entropy")[0]!.Value.ShouldBeLessThan(Completed(cut).Series("entropy")[0]!.Value);
    }

    [Theory]
    [InlineData("token_truncate"), InlineData("token_mask"), InlineData("sequence_truncate"), InlineData("sequence_mask")]
    public void A_sampler_that_is_the_policy_needs_no_correction(string mode)
    {
        var (plain, corrected) = (Completed(One), Completed(One with { SamplerCorrection = mode }));
        corrected.Series("loss")[0]!.Value.ShouldBe(plain.Series("loss")[0]!.Value, 1e-4);
        corrected.Series("grad_norm")[0]!.Value.ShouldBe(plain.Series("grad_norm")[0]!.Value, 1e-2);
        corrected.Series("sampling/importance_sampling_ratio/mean")[0]!.Value.ShouldBe(1, 1e-3);
        plain.Series("sampling/importance_sampling_ratio/mean").ShouldBeEmpty();
    }

    [Fact]
    public void Dapo_is_bnpo_over_the_whole_step_however_it_is_cut()
    {
        var bnpo = Completed(One);
        var cut = Completed(One with { Loss = "dapo", Normalisation = "micro_batch", MicroBatchSize = 2 });
        cut.Series("loss")[0]!.Value.ShouldBe(bnpo.Series("loss")[0]!.Value, 2e-5);
        cut.Series("grad_norm")[0]!.Value.ShouldBe(bnpo.Series("grad_norm")[0]!.Value, 1e-3);
    }

    [Fact]
    public void More_prompts_are_drawn_and_the_groups_that_differ_most_are_learnt_from()
    {
        var recorder = Completed(One with { KeepTopGroupRatio = 0.5 });
        recorder.Of<RolloutsRecord>().Single().Count.ShouldBe(8);
        recorder.Series("epoch")[0]!.Value.ShouldBe(4 / 12.0, 1e-9);
        recorder.Series("reward_std")[0]!.Value.ShouldBeGreaterThanOrEqualTo(Completed(One).Series("reward_std")[0]!.Value);
    }

    [Fact]
    public void Weights_and_warm_ups_decide_what_counts()
    {
        var settings = TinyRuns.Grpo with { Iterations = 1, Beta = 0, LearningRate = 1e-9 };
        Completed(settings).Series("reward")[0]!.Value.ShouldBeGreaterThan(0.1);
        var without = Completed(settings with { RewardWeights = [0, 1, 1, 1] });
        without.Series("reward").ShouldBe([0.0, 0.0]);
        without.Series("grad_norm").ShouldBe([0.0, 0.0]);
        without.Series("rewards/format/mean")[0]!.Value.ShouldBeGreaterThan(0.1);
        // At the second of four steps of warm-up a reward counts a quarter.
        var rising = Completed(settings with { RewardWarmupSteps = [4, 0, 0, 0] });
        rising.Series("reward")[0].ShouldBe(0);
        rising.Series("reward")[1]!.Value.ShouldBe(rising.Series("rewards/format/mean")[1]!.Value / 4, 1e-9);
    }

    [Fact]
    public void The_reference_policy_moves_to_the_policy_when_it_is_synced()
    {
        var settings = TinyRuns.Grpo with { MaxSteps = 2, Iterations = 1, SyncRefModel = true, RefModelSyncSteps = 1, RefModelMixupAlpha = 1 };
        var kl = Completed(settings).Series("kl");
        kl[0]!.Value.ShouldBe(0, 1e-6, "before the first step policy and reference are the same weights");
        kl[1]!.Value.ShouldBe(0, 1e-6, "the reference took the policy's weights after the first step");
        Completed(settings with { SyncRefModel = false }).Series("kl")[1]!.Value.ShouldBeGreaterThan(1e-6);
    }

    [Fact]
    public void A_synced_reference_resumes_to_the_bit()
    {
        var spec = Spec(TinyRuns.Grpo with { MaxSteps = 3, Iterations = 1, SyncRefModel = true, RefModelSyncSteps = 1 }) with { Checkpoints = new() { EverySteps = 2 } };
        var (whole, unbroken) = _runs.Run(spec);
        whole.Outcome.ShouldBe("completed", whole.Message);
        var (closed, resumed) = _runs.Run(spec, resume: (unbroken, 2));
        closed.Outcome.ShouldBe("completed", closed.Message);
        resumed.Series("kl").ShouldBe(unbroken.Series("kl")[2..]);
        TinyRuns.Weights(resumed, 3).ShouldBe(TinyRuns.Weights(unbroken, 3));
    }

    [Fact]
    public void Masked_truncated_completions_teach_nothing()
    {
        var recorder = Completed(One with { MaskTruncated = true, MaxCompletionTokens = 2, Beta = 0 });
        recorder.Series("completions/clipped_ratio").ShouldBe([1.0]);
        recorder.Series("grad_norm").ShouldBe([0.0]);
    }

    [Fact]
    public void Training_may_have_another_system_prompt_than_the_protocol()
    {
        var model = PromptProcessor.Load(Golden.Folder("qwen", "qwen2-vl-tiny"));
        var protocol = _runs.Spec(RunMethod.Grpo).Protocol with { SystemPrompt = "think" };
        using var data = ParquetDataset.Open(_runs["train"]);
        var prompts = new ExamplePrompts(model, protocol, "synthetic", trainingSystemPrompt: "sft");
        prompts.ForTraining(data[0]).Prompt.Text.ShouldContain("You are a helpful and multimodal AI assistant.");
        prompts.ForInference(data[0]).Prompt.Text.ShouldContain("<think>");
    }

    [Fact]
    public void Open_vocabulary_training_sees_base_classes_only()
    {
        using var data = OvdrExamples.Of(ParquetDataset.Open(Golden.Folder("datasets", "hf", "vg150_train_sgg_prompt")));
        data.Count.ShouldBeInRange(1, 12);
        var predicates = Datasets.Vocabulary.Vg150Base.Predicates;
        foreach (var example in data)
        {
            example.Relationships.Count.ShouldBeGreaterThan(0);
            example.Relationships.ShouldAllBe(relation => predicates.Contains(relation.Predicate));
        }
    }

    [Fact]
    public void Split_rewards_give_other_gradients_than_their_sum()
    {
        var (sum, split) = (Completed(One with { Beta = 0 }), Completed(One with { Beta = 0, SplitRewards = true }));
        split.Series("reward").ShouldBe(sum.Series("reward"));
        split.Of<CheckpointRecord>().Last().Id.ShouldNotBe(sum.Of<CheckpointRecord>().Last().Id);
    }

    [Fact]
    public void A_group_without_a_finite_reward_is_named()
    {
        using var data = ParquetDataset.Open(_runs["train"]);
        ExamplePrompt[] prompts = [.. data.Take(2).Select(example => new ExamplePrompt(example, null!, default))];
        void Check(double third) => UnscorableGroups.Check(5, prompts, ["format", "edge_soft"], [[1, 0], [1, double.NaN], [1, third], [0, double.NaN]], [1, double.NaN, 1 + third, double.NaN], "c0ffee");
        Should.NotThrow(() => Check(0));
        var message = Should.Throw<DivergedException>(() => Check(double.NaN)).Message;
        message.ShouldContain($"{data[1].ImageId} ({data[1].Origin.File}, row 1)");
        message.ShouldContain("edge_soft is NaN");
        message.ShouldContain("c0ffee");
    }
}
