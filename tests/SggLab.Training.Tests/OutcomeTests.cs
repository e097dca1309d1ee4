using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using TorchSharp;

namespace SggLab.Training.Tests;

/// <summary>What a run keeps, evaluates on the way, ends with, and stops at.</summary>
public sealed class OutcomeTests : IDisposable
{
    private readonly TinyRuns _runs = new();
    public void Dispose() => _runs.Dispose();

    private RunSpec Choosing => _runs.Spec(RunMethod.Sft) with
    {
        Data = _runs.Spec(RunMethod.Sft).Data with { Validation = _runs["train"] },
        Evaluation = new() { EverySteps = 1, Slice = 3 },
        Checkpoints = new() { EverySteps = 2, Choose = "best" },
    };

    [Fact]
    public void A_slice_of_the_validation_data_is_evaluated_every_few_steps()
    {
        var (closed, recorder) = _runs.Run(Choosing with { Evaluation = new() { EverySteps = 2, Slice = 3 }, Checkpoints = new() { EverySteps = 100 } });
        closed.Outcome.ShouldBe("completed", closed.Message);
        foreach (var name in new[] { "eval/recall", "eval/mean_recall", "eval/failure_rate" })
            recorder.Series(name).Length.ShouldBe(2, name);
        recorder.Of<EvaluationRecord>().ShouldHaveSingleItem().Split.ShouldBe("test");
    }

    [Fact]
    public void The_best_weights_on_the_validation_data_are_ranked_and_handed_on()
    {
        // A model this small finds nothing, so that every evaluation is equal and the first one stays the best.
        var (closed, recorder) = _runs.Run(Choosing);
        closed.Outcome.ShouldBe("completed", closed.Message);
        recorder.Of<CheckpointRecord>().Select(record => (record.Step, record.Kind)).ShouldBe([(0, "base"), (2, "full"), (4, "full"), (1, "weights")]);
        var evaluation = recorder.Of<EvaluationRecord>().ShouldHaveSingleItem();
        evaluation.Step.ShouldBe(1);
        evaluation.Checkpoint.ShouldBe(recorder.Of<CheckpointRecord>().Last().Id);
        var (_, short1) = _runs.Run(Choosing with { Sft = TinyRuns.Sft with { MaxSteps = 1, Schedule = "constant" } });
        var (_, chosen) = _runs.Run(Choosing with { Sft = TinyRuns.Sft with { Schedule = "constant" } });
        TinyRuns.Weights(chosen, 1).ShouldBe(TinyRuns.Weights(short1, 1));
    }

    [Fact]
    public void A_run_that_goes_on_elsewhere_still_has_its_best_weights()
    {
        var (_, unbroken) = _runs.Run(Choosing);
        var (closed, resumed) = _runs.Run(Choosing, resume: (unbroken, 2));
        closed.Outcome.ShouldBe("completed", closed.Message);
        resumed.Of<CheckpointRecord>().Select(record => record.Id).ShouldBe(unbroken.Of<CheckpointRecord>().Skip(2).Select(record => record.Id));
    }

    [Fact]
    public void Checkpoints_in_between_may_be_weights_alone()
    {
        var (_, recorder) = _runs.Run(_runs.Spec(RunMethod.Sft) with { Checkpoints = new() { EverySteps = 2, Kind = "weights", Final = "weights" } });
        recorder.Of<CheckpointRecord>().Select(record => record.Kind).ShouldBe(["base", "weights", "weights"]);
        recorder.Of<CheckpointRecord>().Last().Files.ShouldAllBe(file => !file.Path.StartsWith("trainer/", StringComparison.Ordinal));
        string? After3(object record) => record is MetricsRecord { Steps: [3] } ? "drain" : null;
        var (drained, stopped) = _runs.Run(_runs.Spec(RunMethod.Sft) with { Checkpoints = new() { EverySteps = 3, Kind = "weights" } }, After3);
        drained.Outcome.ShouldBe("released");
        stopped.Of<CheckpointRecord>().Last().ShouldSatisfyAllConditions(record => record.Step.ShouldBe(3), record => record.Kind.ShouldBe("full", "a run that is handed back must be able to go on"));
    }

    [Fact]
    public void A_disk_that_cannot_hold_the_run_is_refused_before_the_first_step()
    {
        var (closed, recorder) = _runs.Run(_runs.Spec(RunMethod.Sft) with { Checkpoints = new() { Keep = int.MaxValue } });
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Kind.ShouldBe("environment"), c => c.Message!.ShouldContain("lower checkpoints.keep"));
        recorder.Of<MetricsRecord>().ShouldBeEmpty();
        _runs.Run(_runs.Spec(RunMethod.Sft) with { Checkpoints = new() { Keep = int.MaxValue, KeepGb = 0.01 } }).Closed.Outcome.ShouldBe("completed");
    }

    [Fact]
    public void A_damaged_state_is_refused_with_its_file()
    {
        var (_, recorder) = _runs.Run(_runs.Spec(RunMethod.Sft));
        var file = Path.Combine(recorder.Folders[2], "trainer", "trainer_state.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"dataPosition\": 8", "\"dataPosition\": -5", StringComparison.Ordinal));
        var (closed, _) = _runs.Run(_runs.Spec(RunMethod.Sft), resume: (recorder, 2));
        closed.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe("input"), c => c.Message!.ShouldContain($"{file} is damaged: dataPosition is -5"));
    }

    [Fact]
    public void A_figure_beyond_its_guard_stops_the_run_with_the_last_good_checkpoint()
    {
        var spec = _runs.Spec(RunMethod.Sft) with { Guards = [new() { Metric = "loss", Above = 0.001, Steps = 3 }] };
        var (closed, recorder) = _runs.Run(spec);
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Kind.ShouldBe("diverged"), c => c.Step.ShouldBe(3));
        closed.Message!.ShouldContain("above 0.001 for 3 steps in a row");
        closed.Message!.ShouldContain(recorder.Of<CheckpointRecord>().Last().Id);
    }

    [Fact]
    public void A_guard_may_watch_the_evaluations_on_the_way()
    {
        var (closed, recorder) = _runs.Run(Choosing with { Guards = [new() { Metric = "eval/recall", Below = 0.5, Steps = 2 }] });
        closed.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe("diverged"), c => c.Step.ShouldBe(2), c => c.Message!.ShouldContain("eval/recall is 0 at step 2, below 0.5"));
        recorder.Series("eval/recall").Length.ShouldBe(2);
        SpecValidation.Check(_runs.Spec(RunMethod.Sft) with { Guards = [new() { Metric = "eval/recall", Below = 0.5 }] }).Single().Field.ShouldBe("guards[0].metric");
    }

    [Fact]
    public void A_guard_over_a_figure_that_does_not_exist_is_an_error()
    {
        var (closed, _) = _runs.Run(_runs.Spec(RunMethod.Sft) with { Guards = [new() { Metric = "los", Above = 1 }] });
        closed.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe("input"), c => c.Message!.ShouldContain("no figure los"), c => c.Message!.ShouldContain("grad_norm"));
    }

    /// <summary>The rollouts of a step may take minutes; nothing of it is learnt yet, so the run goes on from the step before.</summary>
    [Fact]
    public void A_stop_during_rollouts_ends_the_run_with_the_step_before_and_it_goes_on_to_the_same_figures()
    {
        var spec = _runs.Spec(RunMethod.Grpo);
        var asked = 0;
        var stopped = new MemoryRecorder(_runs["stopped"]) { StopWhenAsked = recorder => recorder.Of<MetricsRecord>().Any() && ++asked == 10 ? "drain" : null };

        var closed = _runs.Run(spec, stopped);
        var (unbroken, whole) = _runs.Run(spec);
        var (resumed, rest) = _runs.Run(spec, resume: (stopped, 1));

        (closed.Outcome, closed.Step).ShouldBe((Outcomes.Released, 1), closed.Message);
        stopped.Of<MetricsRecord>().Count().ShouldBe(1);
        (unbroken.Outcome, resumed.Outcome).ShouldBe((Outcomes.Completed, Outcomes.Completed), resumed.Message);
        foreach (var figure in new[] { "loss", "reward", "grad_norm", "kl" })
            rest.Series(figure).ShouldBe(whole.Series(figure)[1..], figure);
    }

    [Fact]
    public void Weights_that_are_no_numbers_are_not_laid_to_the_learning_rate()
    {
        var folder = _runs["nan"];
        using (var model = Qwen2VLModel.Load(_runs.Spec(RunMethod.Sft).Model.Folder!))
        {
            using (torch.no_grad())
                model.Weights["model.norm.weight"].fill_(float.NaN);
            model.Save(folder);
        }

        var (closed, _) = _runs.Run(_runs.Spec(RunMethod.Sft) with { Model = new() { Folder = folder } });

        closed.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe("diverged"), c => c.Message!.ShouldContain("before anything was learnt"), c => c.Message!.ShouldContain("weights that it starts from are NaN"), c => c.Message!.ShouldNotContain("learning rate"));
    }

    [Fact]
    public void A_pattern_that_freezes_nothing_is_an_error()
    {
        var (closed, _) = _runs.Run(_runs.Spec(RunMethod.Sft) with { Sft = TinyRuns.Sft with { Freeze = ["vision."] } });
        closed.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe("input"), c => c.Message!.ShouldContain("vision."));
    }
}
