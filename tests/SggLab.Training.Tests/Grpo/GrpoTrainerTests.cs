using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Modeling;
using SggLab.Training.Prompts;
using TorchSharp;

namespace SggLab.Training.Tests.Grpo;

public sealed class GrpoTrainerTests : IDisposable
{
    private readonly TinyRuns _runs = new();
    public void Dispose() => _runs.Dispose();

    [Fact]
    public void A_run_reports_rewards_rollouts_and_an_evaluation_under_TRLs_names()
    {
        var (closed, recorder) = _runs.Run(_runs.Spec(RunMethod.Grpo));
        closed.ShouldBe(new ClosedRecord("completed", null, null, 2));
        foreach (var name in new[]
        {
            "loss", "grad_norm", "learning_rate", "reward", "reward_std", "frac_reward_zero_std", "rewards/format/mean", "rewards/edge_soft/std",
            "completions/mean_length", "completions/clipped_ratio", "kl", "entropy", "clip_ratio/region_mean", "num_tokens", "epoch", "step_time",
        })
            recorder.Series(name).Length.ShouldBe(2, name);
        recorder.Of<RolloutsRecord>().Select(record => record.Count).ShouldBe([8, 8]);
        recorder.Of<EvaluationRecord>().ShouldHaveSingleItem();
    }

    [Fact]
    public void A_policy_whose_logits_are_no_numbers_stops_the_run_with_step_and_checkpoint()
    {
        var broken = _runs["broken"];
        using (var model = Qwen2VLModel.Load(SpeakingModel.Folder))
        {
            using (torch.no_grad())
                model.Weights["model.norm.weight"].copy_(torch.full_like(model.Weights["model.norm.weight"], float.NaN));
            model.Save(broken);
        }
        var (closed, recorder) = _runs.Run(_runs.Spec(RunMethod.Grpo) with { Model = new() { Folder = broken } });
        closed.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe("diverged"), c => c.Step.ShouldBe(1), c => c.Message!.ShouldContain("stops at step 1"),
            c => c.Message!.ShouldContain("logits are not finite"), c => c.Message!.ShouldContain(recorder.Of<CheckpointRecord>().Single().Id));
    }

    [Fact]
    public void A_run_records_the_version_of_each_reward_and_trains_on_a_variant_of_its_own()
    {
        var own = new VariantSpec { Name = "mine", Rewards = [new() { Name = "edge_f1", Weight = 2 }, new() { Name = "length_penalty", Weight = -1 }], LengthFree = 0, LengthMost = 100 };
        var (closed, recorder) = _runs.Run(_runs.Spec(RunMethod.Grpo) with { Variant = own.Name, OwnVariant = own });
        closed.ShouldBe(new ClosedRecord("completed", null, null, 2));
        recorder.Of<StartedRecord>().Single().Environment["rewards"].ShouldBe("edge_f1@1, length_penalty@1");
        foreach (var (total, f1, length) in recorder.Series("reward").Zip(recorder.Series("rewards/edge_f1/mean"), recorder.Series("rewards/length_penalty/mean")))
        {
            length!.Value.ShouldBeInRange(-1, -0.01);
            total!.Value.ShouldBe(2 * f1!.Value - length.Value, 1e-5);
        }
    }

    [Fact]
    public void Sampler_and_trainer_agree_on_the_log_probabilities()
    {
        var (_, recorder) = _runs.Run(_runs.Spec(RunMethod.Grpo) with { Grpo = TinyRuns.Grpo with { Iterations = 1 } });
        recorder.Series("sampling/sampling_logp_difference/max").ShouldAllBe(gap => gap < 1e-3);
    }

    [Fact]
    public void A_run_in_bf16_learns_and_its_sampler_agrees_with_its_trainer_but_for_rounding()
    {
        var spec = _runs.Spec(RunMethod.Grpo) with { Grpo = TinyRuns.Grpo with { Precision = "bfloat16" } };
        var (closed, recorder) = _runs.Run(spec);
        closed.ShouldBe(new ClosedRecord("completed", null, null, 2));
        recorder.Series("sampling/sampling_logp_difference/mean").ShouldAllBe(gap => gap < 0.05);
        recorder.Series("sampling/sampling_logp_difference/max").ShouldAllBe(gap => gap < 0.5);
        recorder.Series("grad_norm").ShouldAllBe(norm => norm > 0);
        using var before = Qwen2VLModel.Load(spec.Model.Folder!, torch.ScalarType.BFloat16);
        using var after = Qwen2VLModel.Load(recorder.Folders[2], torch.ScalarType.BFloat16);
        before.Weights.Names.ShouldAllBe(name => !torch.allclose(before.Weights[name], after.Weights[name], 0, 0));
    }

    [Fact]
    public void Tokens_are_counted_as_TRL_does_with_the_prompt_of_each_completion()
    {
        var spec = _runs.Spec(RunMethod.Grpo) with { Grpo = TinyRuns.Grpo with { PromptsPerStep = 12, GroupSize = 2, MaxCompletionTokens = 4, Iterations = 1, MaxSteps = 1 } };
        var (_, recorder) = _runs.Run(spec);
        var prompts = new ExamplePrompts(PromptProcessor.Load(spec.Model.Folder!), spec.Protocol, spec.Data.Vocabulary);
        using var data = ParquetDataset.Open(spec.Data.Train!);
        var inPrompts = data.Sum(example => prompts.ForTraining(example).Prompt.Ids.Length);
        recorder.Series("num_tokens")[0]!.Value.ShouldBe(2 * inPrompts + 24 * recorder.Series("completions/mean_length")[0]!.Value, 0.01);
    }

    [Fact]
    public void Groups_that_taught_nothing_are_counted_although_they_were_not_kept()
    {
        var (_, recorder) = _runs.Run(_runs.Spec(RunMethod.Grpo) with { Grpo = TinyRuns.Grpo with { GroupSize = 2, KeepTopGroupRatio = 0.25, Iterations = 1, MaxSteps = 1 } });
        recorder.Of<RolloutsRecord>().Single().ShouldSatisfyAllConditions(kept => kept.Count.ShouldBe(4), kept => kept.FracRewardZeroStd.ShouldBe(0));
        (recorder.Series("frac_reward_zero_std")[0]!.Value * 8).ShouldBeInRange(1, 6);
    }

    [Fact]
    public void A_resumed_run_gives_the_bits_of_the_unbroken_one()
    {
        var spec = _runs.Spec(RunMethod.Grpo) with { Checkpoints = new() { EverySteps = 1 } };
        var (_, unbroken) = _runs.Run(spec);
        var (_, resumed) = _runs.Run(spec, resume: (unbroken, 1));
        TinyRuns.Weights(resumed, 2).ShouldBe(TinyRuns.Weights(unbroken, 2));
        resumed.Of<RolloutsRecord>().Single().Shard.ShouldBe(unbroken.Of<RolloutsRecord>().Last().Shard);
    }

    [Fact]
    public void The_same_seed_draws_the_same_rollouts_and_another_seed_others()
    {
        var spec = _runs.Spec(RunMethod.Grpo) with { Grpo = TinyRuns.Grpo with { MaxSteps = 1 } };
        string Shard(RunSpec run) => _runs.Run(run).Recorder.Of<RolloutsRecord>().Single().Shard.Sha256;
        var first = Shard(spec);
        Shard(spec).ShouldBe(first);
        Shard(spec with { Seed = 6 }).ShouldNotBe(first);
    }

    [Fact]
    public void Every_weight_moves()
    {
        var spec = _runs.Spec(RunMethod.Grpo);
        var (_, recorder) = _runs.Run(spec);
        recorder.Series("frac_reward_zero_std").ShouldContain(share => share < 1, "there is something to learn from");
        using var before = Qwen2VLModel.Load(spec.Model.Folder!);
        using var after = Qwen2VLModel.Load(recorder.Folders[2]);
        before.Weights.Names.ShouldAllBe(name => !torch.allclose(before.Weights[name], after.Weights[name], 0, 0));
    }

    [Fact]
    public void Micro_batches_change_nothing_under_global_normalisation()
    {
        var spec = _runs.Spec(RunMethod.Grpo) with { Grpo = TinyRuns.Grpo with { MaxSteps = 1 } };
        var (_, whole) = _runs.Run(spec);
        var (_, cut) = _runs.Run(spec with { Grpo = spec.Grpo! with { MicroBatchSize = 1 } });
        foreach (var name in new[] { "loss", "kl", "entropy" })
            cut.Series(name)[0]!.Value.ShouldBe(whole.Series(name)[0]!.Value, 2e-5, name);
        cut.Series("grad_norm")[0]!.Value.ShouldBe(whole.Series("grad_norm")[0]!.Value, 1e-3);
    }

    [Fact]
    public void Rewards_without_spread_move_nothing()
    {
        // Nothing that random weights write is a graph, so that every reward is 0.
        var spec = _runs.Spec(RunMethod.Grpo) with { Variant = "hard_recall", Model = new() { Folder = Golden.Folder("qwen", "qwen2-vl-tiny") }, Grpo = TinyRuns.Grpo with { Beta = 0, MaxSteps = 1 } };
        var (closed, recorder) = _runs.Run(spec);
        closed.Outcome.ShouldBe("completed");
        recorder.Series("frac_reward_zero_std").ShouldBe([1.0]);
        recorder.Series("grad_norm").ShouldBe([0.0]);
        using var before = Qwen2VLModel.Load(spec.Model.Folder!);
        using var after = Qwen2VLModel.Load(recorder.Folders[1]);
        before.Weights.Names.ShouldAllBe(name => torch.allclose(before.Weights[name], after.Weights[name], 0, 0));
    }

    [Fact]
    public void A_step_leaves_no_tensor_behind()
    {
        var alive = new List<long>();
        var spec = _runs.Spec(RunMethod.Grpo) with { Grpo = TinyRuns.Grpo with { MaxSteps = 8, KeepRolloutsEvery = 2 }, Checkpoints = new() { EverySteps = 100 } };
        _runs.Run(spec, stop: record =>
        {
            if (record is MetricsRecord)
                alive.Add(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
            return null;
        });
        // The first steps make what the later ones use again. A tensor that waits for a finalizer counts as left behind.
        alive.Count.ShouldBe(8);
        alive.Skip(2).Distinct().Count().ShouldBe(1, string.Join(", ", alive));
    }
}
