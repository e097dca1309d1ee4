using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Datasets.Synthetic;
using SggLab.Training;

namespace SggLab.Modeling.Bench;

/// <summary>Steps of GRPO by the trainer itself, on synthetic scenes.</summary>
internal static class GrpoSteps
{
    /// <summary>One whole step: 64 completions of 128 tokens drawn, scored under Soft Recall, and learnt from.</summary>
    /// <remarks>Random weights earn no reward, so a KL term keeps every completion in the update; it costs one more forward pass, of the reference.</remarks>
    public static Measure Time(string name)
    {
        var (matmul, best, began) = (double.MaxValue, double.MaxValue, 0.0);
        using var folder = new ScratchFolder();
        BenchModel.Write(folder["model"]);
        var settings = Settings(steps: 4) with { PromptsPerStep = 8, GroupSize = 8, MaxCompletionTokens = 128, MicroBatchSize = 16 };
        Run(folder, Spec(folder, folder["model"], settings), metrics =>
        {
            // The first step warms up.
            if (metrics.Steps[0] > 1)
                best = Math.Min(best, Matmul.Now() - began);
            matmul = Math.Min(matmul, Matmul.Seconds());
            began = Matmul.Now();
        });
        return Measure.Time(name, new Timing(best, matmul));
    }

    public static GrpoSettings Settings(int steps) => new()
    {
        LearningRate = 1e-5, Schedule = "constant", WarmupRatio = 0, MaxGradNorm = 1, PromptsPerStep = 2, GroupSize = 4, MaxCompletionTokens = 32,
        Temperature = 1, TopP = 0.9, TopK = 50, Beta = 0.04, Epsilon = 0.2, Loss = "bnpo", Iterations = 1, Similarity = "exact", MaxSteps = steps,
        KeepRolloutsEvery = 5,
    };

    public static RunSpec Spec(ScratchFolder folder, string model, GrpoSettings settings)
    {
        SyntheticScenes.Write(folder["train"], 64, seed: 1);
        SyntheticScenes.Write(folder["test"], 2, seed: 2);
        return new RunSpec
        {
            Name = "bench",
            Method = RunMethod.Grpo,
            Variant = "soft_recall",
            Model = new() { Folder = model },
            Data = new() { Train = folder["train"], Test = folder["test"], Vocabulary = "synthetic" },
            Protocol = new()
            {
                Name = "bench", Prompt = "open", SystemPrompt = "none", MinPixels = 3136, MaxPixels = 50176, MaxNewTokens = 8,
                BoxFrame = "thousand", AnswerParser = "reference", Dataset = "synthetic", Split = "test",
            },
            Grpo = settings,
            Checkpoints = new() { EverySteps = 100_000, Final = "weights" },
        };
    }

    /// <exception cref="InvalidOperationException">The run did not complete.</exception>
    public static void Run(ScratchFolder folder, RunSpec spec, Action<MetricsRecord> onStep)
    {
        var closed = TrainingJob.Run(new JobInputs { Spec = spec, SpecHash = "bench", WorkFolder = folder["work"] }, new Watcher(onStep));
        if (closed.Outcome != Outcomes.Completed)
            throw new InvalidOperationException($"The benchmark's run ended as {closed.Outcome}: {closed.Message}");
    }

    private sealed class Watcher(Action<MetricsRecord> onStep) : IRunRecorder
    {
        public string? StopRequested => null;
        public void Metrics(MetricsRecord record) => onStep(record);
        public void Started(StartedRecord record) { }
        public void Rollouts(RolloutsRecord record, string shardFile) { }
        public void Checkpoint(CheckpointRecord record, string folder) { }
        public void Evaluation(EvaluationRecord record, string predictionsFile) { }
        public void Log(string level, string text) { }
    }
}

/// <summary>A folder that is gone at the end.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("sgglab-bench-").FullName;
    public string this[string name] => Path.Combine(_path, name);
    public void Dispose() => Directory.Delete(_path, recursive: true);
}
