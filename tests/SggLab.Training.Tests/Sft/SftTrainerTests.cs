using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Datasets.Synthetic;
using SggLab.Modeling;
using TorchSharp;

namespace SggLab.Training.Tests.Sft;

public sealed class SftTrainerTests : IDisposable
{
    private readonly TinyRuns _runs = new();
    public void Dispose() => _runs.Dispose();

    [Fact]
    public void A_run_reports_steps_checkpoints_and_an_evaluation_of_the_last_one()
    {
        var (closed, recorder) = _runs.Run(_runs.Spec(RunMethod.Sft));
        closed.ShouldBe(new ClosedRecord("completed", null, null, 4));
        recorder.Series("loss").Length.ShouldBe(4);
        recorder.Series("loss")[^1]!.Value.ShouldBeLessThan(recorder.Series("loss")[0]!.Value);
        recorder.Of<CheckpointRecord>().Select(record => (record.Step, record.Kind)).ShouldBe([(0, "base"), (2, "full"), (4, "full")]);
        var checkpoints = recorder.Of<CheckpointRecord>().ToArray();
        checkpoints.Skip(1).Select(record => record.Parent).ShouldBe(checkpoints.SkipLast(1).Select(record => record.Id));
        var evaluation = recorder.Of<EvaluationRecord>().ShouldHaveSingleItem();
        evaluation.Checkpoint.ShouldBe(checkpoints[^1].Id);
        evaluation.Images.ShouldBe(4);
        evaluation.PerImageRecall.Count.ShouldBe(4);
    }

    [Fact]
    public void A_checkpoint_is_a_plain_model_folder()
    {
        var (_, recorder) = _runs.Run(_runs.Spec(RunMethod.Sft));
        using var model = Qwen2VLModel.Load(recorder.Folders[4]);
        Tokenizer.Load(recorder.Folders[4]).VocabularySize.ShouldBeGreaterThan(0);
        recorder.Of<CheckpointRecord>().Last().Files.Select(file => file.Path).ShouldContain("trainer/optimizer.safetensors");
    }

    [Fact]
    public void A_resumed_run_gives_the_bits_of_the_unbroken_one()
    {
        var (_, unbroken) = _runs.Run(_runs.Spec(RunMethod.Sft));
        var (closed, resumed) = _runs.Run(_runs.Spec(RunMethod.Sft), resume: (unbroken, 2));
        closed.Outcome.ShouldBe("completed");
        TinyRuns.Weights(resumed, 4).ShouldBe(TinyRuns.Weights(unbroken, 4));
        resumed.Series("loss").ShouldBe(unbroken.Series("loss")[2..]);
        resumed.Of<CheckpointRecord>().Last().Id.ShouldBe(unbroken.Of<CheckpointRecord>().Last().Id);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_others()
    {
        var spec = _runs.Spec(RunMethod.Sft);
        var (_, first) = _runs.Run(spec);
        var (_, second) = _runs.Run(spec);
        var (_, other) = _runs.Run(spec with { Seed = 6 });
        TinyRuns.Weights(second, 4).ShouldBe(TinyRuns.Weights(first, 4));
        TinyRuns.Weights(other, 4).ShouldNotBe(TinyRuns.Weights(first, 4));
    }

    [Fact]
    public void A_batch_of_eight_learns_as_eight_accumulated_examples_do()
    {
        var spec = _runs.Spec(RunMethod.Sft);
        var (_, whole) = _runs.Run(spec with { Sft = TinyRuns.Sft with { BatchSize = 8, MaxSteps = 2 } });
        var (_, cut) = _runs.Run(spec with { Sft = TinyRuns.Sft with { BatchSize = 8, MaxSteps = 2, MicroBatchSize = 1 } });
        foreach (var (a, b) in whole.Series("loss").Zip(cut.Series("loss")))
            b!.Value.ShouldBe(a!.Value, 2e-5);
        foreach (var (a, b) in whole.Series("grad_norm").Zip(cut.Series("grad_norm")))
            b!.Value.ShouldBe(a!.Value, 1e-3);
        ShouldHaveLearntTheSame(cut, whole, step: 2);
    }

    /// <summary>
    /// Weights and both moments. Adam's step is a whole rate however small the gradient, so that a gradient of rounding errors alone moves a weight by
    /// some of the rate; such weights are few, which the mean holds.
    /// </summary>
    private static void ShouldHaveLearntTheSame(MemoryRecorder run, MemoryRecorder expected, int step)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Qwen2VLModel.Load(run.Folders[step]);
        using var other = Qwen2VLModel.Load(expected.Folders[step]);
        foreach (var name in model.Weights.Names)
        {
            var apart = (model.Weights[name] - other.Weights[name]).abs();
            apart.max().Number().ShouldBeLessThan(1e-4, name);
            apart.mean().Number().ShouldBeLessThan(2e-6, name);
        }
        using var state = SafetensorsFile.Open(Path.Combine(run.Folders[step], "trainer", "optimizer.safetensors"));
        using var otherState = SafetensorsFile.Open(Path.Combine(expected.Folders[step], "trainer", "optimizer.safetensors"));
        state.Entries.Keys.ShouldBe(otherState.Entries.Keys);
        foreach (var name in state.Entries.Keys.Where(name => name.Contains("moment", StringComparison.Ordinal)))
        {
            var (moment, otherMoment) = (state.Read(name), otherState.Read(name));
            (moment - otherMoment).abs().max().Number().ShouldBeLessThan(1e-5 * otherMoment.abs().max().Number(), name);
        }
    }

    [Fact]
    public void A_packed_batch_learns_as_a_padded_one_does()
    {
        // One long example and seven that fit into its length by twos and threes.
        var examples = Enumerable.Range(0, 8).Select(i => SyntheticScenes.Scene(3, i)).Select((example, i) => example with
        {
            PromptOpen = string.Concat(Enumerable.Repeat("List objects. ", i == 0 ? 60 : 1)),
            Relationships = [],
        });
        HubWriter.Write(_runs["mixed"], examples, 8, "one long, seven short", prompts: true);
        var spec = _runs.Spec(RunMethod.Sft) with { Sft = TinyRuns.Sft with { BatchSize = 8, MaxSteps = 2 } };
        spec = spec with { Data = spec.Data with { Train = _runs["mixed"] } };
        var (_, padded) = _runs.Run(spec);
        var (_, packed) = _runs.Run(spec with { Sft = spec.Sft! with { Packing = true } });
        packed.Series("num_tokens").ShouldBe(padded.Series("num_tokens"));
        foreach (var (a, b) in padded.Series("loss").Zip(packed.Series("loss")))
            b!.Value.ShouldBe(a!.Value, 2e-5);
        foreach (var (a, b) in padded.Series("grad_norm").Zip(packed.Series("grad_norm")))
            b!.Value.ShouldBe(a!.Value, 1e-3);
    }

    [Fact]
    public void Every_weight_moves_but_the_frozen_ones()
    {
        var spec = _runs.Spec(RunMethod.Sft);
        var (_, recorder) = _runs.Run(spec with { Sft = TinyRuns.Sft with { Freeze = ["visual."] } });
        using var before = Qwen2VLModel.Load(spec.Model.Folder!);
        using var after = Qwen2VLModel.Load(recorder.Folders[4]);
        foreach (var name in before.Weights.Names)
            torch.allclose(before.Weights[name], after.Weights[name], 0, 0).ShouldBe(name.StartsWith("visual.", StringComparison.Ordinal), name);
        var (_, thawed) = _runs.Run(spec);
        using var all = Qwen2VLModel.Load(thawed.Folders[4]);
        foreach (var name in before.Weights.Names)
            torch.allclose(before.Weights[name], all.Weights[name], 0, 0).ShouldBeFalse(name);
    }

    [Fact]
    public void In_bfloat16_small_steps_still_move_the_masters()
    {
        var spec = _runs.Spec(RunMethod.Sft);
        var (_, recorder) = _runs.Run(spec with { Sft = TinyRuns.Sft with { Precision = "bfloat16", LearningRate = 6e-7, Schedule = "constant" } });
        using var state = SafetensorsFile.Open(Path.Combine(recorder.Folders[4], "trainer", "optimizer.safetensors"));
        using var before = Qwen2VLModel.Load(spec.Model.Folder!);
        var (moved, total) = (0L, 0L);
        foreach (var name in before.Weights.Names)
        {
            using var master = state.Read($"master.{name}");
            using var same = master.eq(before.Weights[name]);
            (moved, total) = (moved + master.numel() - same.sum().item<long>(), total + master.numel());
        }
        (moved / (double)total).ShouldBeGreaterThan(0.9);
    }

    [Fact]
    public void Cancel_stops_between_two_steps_and_drain_saves_first()
    {
        string? After3(object record, string answer) => record is MetricsRecord { Steps: [3] } ? answer : null;
        var (cancelled, _) = _runs.Run(_runs.Spec(RunMethod.Sft), record => After3(record, "cancel"));
        cancelled.ShouldBe(new ClosedRecord("cancelled", null, "Cancelled on request.", 3));
        var (drained, recorder) = _runs.Run(_runs.Spec(RunMethod.Sft), record => After3(record, "drain"));
        drained.Outcome.ShouldBe("released");
        var (closed, resumed) = _runs.Run(_runs.Spec(RunMethod.Sft), resume: (recorder, 3));
        closed.Outcome.ShouldBe("completed");
        resumed.Series("loss").Length.ShouldBe(1);
    }

    [Fact]
    public void A_rate_that_explodes_stops_with_a_reason()
    {
        var (closed, _) = _runs.Run(_runs.Spec(RunMethod.Sft) with { Sft = TinyRuns.Sft with { LearningRate = 9, WeightDecay = 0.99, Schedule = "constant", MaxSteps = 100 }, Checkpoints = new() { EverySteps = 1000 } });
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Kind.ShouldBe("diverged"), c => c.Message!.ShouldContain("lower learning rate"));
    }

    [Fact]
    public void A_checkpoint_of_another_spec_is_refused()
    {
        var (_, recorder) = _runs.Run(_runs.Spec(RunMethod.Sft));
        var (closed, _) = _runs.Run(_runs.Spec(RunMethod.Sft) with { Seed = 9 }, resume: (recorder, 2));
        closed.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe("input"), c => c.Message!.ShouldContain("trainer_state.json is of spec"));
    }

    [Fact]
    public async Task The_collector_may_run_at_any_moment()
    {
        using var stop = new CancellationTokenSource();
        var collector = Task.Run(() =>
        {
            for (; !stop.IsCancellationRequested; Thread.Sleep(1))
                GC.Collect(0);
        }, TestContext.Current.CancellationToken);
        var spec = _runs.Spec(RunMethod.Sft) with { Sft = TinyRuns.Sft with { MaxSteps = 20 }, Checkpoints = new() { EverySteps = 100 } };
        var (closed, _) = _runs.Run(spec);
        await stop.CancelAsync();
        await collector;
        closed.Outcome.ShouldBe("completed", closed.Message);
    }
}
