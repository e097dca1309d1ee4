using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;

namespace SggLab.Training.Tests.Scripted;

public sealed class ScriptedTrainerTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Name = "scripted", Method = RunMethod.Scripted, Seed = 3, Model = new(), Data = new() { Vocabulary = "synthetic" },
        Protocol = new()
        {
            Name = "p", Prompt = "closed", SystemPrompt = "think", MinPixels = 1, MaxPixels = 1, MaxNewTokens = 1,
            BoxFrame = "thousand", AnswerParser = "reference", Dataset = "synthetic", Split = "test",
        },
        Scripted = new() { Steps = 25, StepMilliseconds = 0, FinalRecall = 0.6 },
        Checkpoints = new() { EverySteps = 10, Keep = 2 },
    };

    private readonly TempFolder _folder = new();
    public void Dispose() => _folder.Dispose();

    private JobInputs Inputs(RunSpec spec, string work) => new() { Spec = spec, SpecHash = ContentHash.Of(spec), WorkFolder = _folder[work] };
    private MemoryRecorder Recorder(string name, Func<object, string?>? stop = null) => new(_folder[name]) { StopAfter = stop ?? (_ => null) };

    [Fact]
    public void A_run_reports_every_step_its_checkpoints_and_one_evaluation()
    {
        var recorder = Recorder("r");
        TrainingJob.Run(Inputs(Spec, "w"), recorder).ShouldBe(new ClosedRecord("completed", null, null, 25));
        recorder.Of<StartedRecord>().ShouldHaveSingleItem().TotalSteps.ShouldBe(25);
        recorder.Of<MetricsRecord>().SelectMany(record => record.Steps).ShouldBe(Enumerable.Range(1, 25));
        recorder.Of<CheckpointRecord>().Select(record => record.Step).ShouldBe([10, 20, 25]);
        var evaluation = recorder.Of<EvaluationRecord>().ShouldHaveSingleItem();
        evaluation.Checkpoint.ShouldBe(recorder.Of<CheckpointRecord>().Last().Id);
        evaluation.PerImageRecall.Count.ShouldBe(evaluation.Images);
        evaluation.Recall.ShouldBe(0.6, 0.05);
        evaluation.RecallLow.ShouldBeLessThan(evaluation.Recall);
        evaluation.RecallHigh.ShouldBeGreaterThan(evaluation.Recall);
    }

    [Fact]
    public void Only_the_newest_checkpoints_stay_in_the_work_folder()
    {
        TrainingJob.Run(Inputs(Spec, "w"), Recorder("r"));
        Directory.GetDirectories(_folder["w"]).Length.ShouldBe(2);
    }

    [Fact]
    public void A_resumed_run_reports_what_the_unbroken_one_would_have()
    {
        var unbroken = Recorder("u");
        TrainingJob.Run(Inputs(Spec, "w1"), unbroken);
        var resumed = Recorder("r");
        var inputs = Inputs(Spec, "w2") with { ResumeFolder = unbroken.Folders[10], ResumeCheckpoint = unbroken.Of<CheckpointRecord>().First().Id, ResumeStep = 10 };
        TrainingJob.Run(inputs, resumed).Outcome.ShouldBe("completed");
        resumed.Series("loss").ShouldBe(unbroken.Series("loss")[10..]);
        resumed.Of<CheckpointRecord>().Select(record => record.Id).ShouldBe(unbroken.Of<CheckpointRecord>().Skip(1).Select(record => record.Id));
        resumed.Of<EvaluationRecord>().Single().PerImageRecall.ShouldBe(unbroken.Of<EvaluationRecord>().Single().PerImageRecall);
    }

    [Fact]
    public void Cancel_stops_at_once_and_drain_checkpoints_first()
    {
        string? AtStep7(object record, string answer) => record is MetricsRecord { Steps: [7] } ? answer : null;
        var cancelled = Recorder("c", record => AtStep7(record, "cancel"));
        TrainingJob.Run(Inputs(Spec, "w1"), cancelled).ShouldBe(new ClosedRecord("cancelled", null, "Cancelled on request.", 7));
        cancelled.Of<CheckpointRecord>().ShouldBeEmpty();
        var drained = Recorder("d", record => AtStep7(record, "drain"));
        TrainingJob.Run(Inputs(Spec, "w2"), drained).Outcome.ShouldBe("released");
        drained.Of<CheckpointRecord>().ShouldHaveSingleItem().Step.ShouldBe(7);
    }

    [Fact]
    public void A_scripted_failure_fails_with_its_message()
    {
        var closed = TrainingJob.Run(Inputs(Spec with { Scripted = Spec.Scripted! with { FailAtStep = 5 } }, "w"), Recorder("r"));
        closed.Outcome.ShouldBe("failed");
        closed.Step.ShouldBe(5);
        closed.Message!.ShouldContain("step 5");
    }

    [Fact]
    public void A_checkpoint_of_another_seed_is_refused_with_a_message()
    {
        var other = Recorder("o");
        TrainingJob.Run(Inputs(Spec with { Seed = 4 }, "w1"), other);
        var closed = TrainingJob.Run(Inputs(Spec, "w2") with { ResumeFolder = other.Folders[10], ResumeStep = 10 }, Recorder("r"));
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Kind.ShouldBe("input"), c => c.Message!.ShouldContain("seed 4"));
    }

    [Fact]
    public void A_spec_with_problems_fails_with_all_of_them()
    {
        var closed = TrainingJob.Run(Inputs(Spec with { Seed = -1, Threads = -1 }, "w"), Recorder("r"));
        closed.Message!.ShouldContain("seed");
        closed.Message!.ShouldContain("threads");
    }
}
