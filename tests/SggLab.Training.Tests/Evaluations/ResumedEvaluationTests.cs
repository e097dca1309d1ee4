using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;

namespace SggLab.Training.Tests.Evaluations;

public sealed class ResumedEvaluationTests : IDisposable
{
    private readonly TinyRuns _runs = new();
    public void Dispose() => _runs.Dispose();

    private RunSpec Spec => _runs.Spec(RunMethod.Evaluate) with { Evaluation = new() { BatchSize = 1 } };

    private (ClosedRecord Closed, MemoryRecorder Recorder) Run(RunSpec spec, Func<object, string?>? stop = null)
    {
        var recorder = new MemoryRecorder(_runs["recorded"]) { StopAfter = stop ?? (_ => null) };
        return (TrainingJob.Run(new JobInputs { Spec = spec, SpecHash = ContentHash.Of(spec), WorkFolder = _runs["work"] }, recorder), recorder);
    }

    [Fact]
    public void An_evaluation_that_was_stopped_goes_on_after_its_last_batch()
    {
        var file = _runs["work/predictions-00000000.jsonl"];
        Run(Spec, record => record is CheckpointRecord ? "drain" : null)
            .Closed.Outcome.ShouldBe("released");
        var kept = File.ReadAllLines(file);
        kept.Length.ShouldBeInRange(1, 3);
        // A line cut short, as a power cut leaves it, is written again; the lines before it are not.
        File.WriteAllText(file, string.Join('\n', [kept[0].Replace("\"response\":\"", "\"response\":\"kept ", StringComparison.Ordinal), "{\"image_id\":\"cut"]));
        var (closed, recorder) = Run(Spec);
        closed.Outcome.ShouldBe("completed", closed.Message);
        recorder.Of<EvaluationRecord>().Single().Images.ShouldBe(4);
        var lines = File.ReadAllLines(file);
        lines.Length.ShouldBe(4);
        lines[0].ShouldContain("\"kept ");
        lines.Skip(1).ShouldAllBe(line => !line.Contains("\"kept ", StringComparison.Ordinal));
    }

    [Fact]
    public void Predictions_of_other_settings_are_not_taken_over()
    {
        Run(Spec).Closed.Outcome.ShouldBe("completed");
        var file = _runs["work/predictions-00000000.jsonl"];
        File.WriteAllLines(file, File.ReadAllLines(file).Select(line => line.Replace("\"response\":\"", "\"response\":\"kept ", StringComparison.Ordinal)));
        Run(Spec with { Seed = 9 });
        File.ReadAllText(file).ShouldNotContain("kept ");
    }
}
