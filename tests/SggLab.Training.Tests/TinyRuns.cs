using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Datasets.Synthetic;

namespace SggLab.Training.Tests;

/// <summary>Runs of a few steps on the tiny Qwen2-VL of the goldens and a handful of synthetic scenes.</summary>
internal sealed class TinyRuns : IDisposable
{
    private readonly TempFolder _folder = new();
    private int _runs;

    public TinyRuns()
    {
        SyntheticScenes.Write(_folder["train"], 12, seed: 1);
        SyntheticScenes.Write(_folder["test"], 4, seed: 2);
    }

    public string this[string name] => _folder[name];
    public void Dispose() => _folder.Dispose();

    public RunSpec Spec(RunMethod method) => new()
    {
        Name = "tiny",
        Method = method,
        Variant = method == RunMethod.Grpo ? "soft_recall" : null,
        Seed = 5,
        Model = new() { Folder = method == RunMethod.Grpo ? SpeakingModel.Folder : Golden.Folder("qwen", "qwen2-vl-tiny") },
        Data = new() { Train = _folder["train"], Test = _folder["test"], Vocabulary = "synthetic" },
        Protocol = new()
        {
            Name = "tiny", Prompt = "open", SystemPrompt = "none", MinPixels = 3136, MaxPixels = 12544, MaxNewTokens = 8,
            BoxFrame = "thousand", AnswerParser = "reference", Dataset = "synthetic", Split = "test",
        },
        Sft = method == RunMethod.Sft ? Sft : null,
        Grpo = method == RunMethod.Grpo ? Grpo : null,
        Checkpoints = new() { EverySteps = 2 },
        Threads = 1,
    };

    public static SftSettings Sft { get; } = new()
    {
        LearningRate = 1e-3, Schedule = "linear", WarmupRatio = 0, MaxGradNorm = 1, BatchSize = 4, MaxSteps = 4, Answer = "tags", ShuffleObjects = true,
    };

    public static GrpoSettings Grpo { get; } = new()
    {
        LearningRate = 1e-3, Schedule = "constant", WarmupRatio = 0, MaxGradNorm = 1, PromptsPerStep = 2, GroupSize = 4, MaxCompletionTokens = 40,
        Temperature = 1, TopP = 1, TopK = 0, Beta = 0.04, Epsilon = 0.2, Loss = "bnpo", Iterations = 2, Similarity = "exact", MaxSteps = 2,
    };

    public (ClosedRecord Closed, MemoryRecorder Recorder) Run(RunSpec spec, Func<object, string?>? stop = null, (MemoryRecorder From, int Step)? resume = null)
    {
        var recorder = new MemoryRecorder(_folder[$"recorded-{_runs + 1}"]) { StopAfter = stop ?? (_ => null) };
        return (Run(spec, recorder, resume), recorder);
    }

    public ClosedRecord Run(RunSpec spec, MemoryRecorder recorder, (MemoryRecorder From, int Step)? resume = null)
    {
        var run = ++_runs;
        return TrainingJob.Run(new JobInputs
        {
            Spec = spec,
            SpecHash = ContentHash.Of(spec),
            WorkFolder = _folder[$"work-{run}"],
            ResumeFolder = resume?.From.Folders[resume.Value.Step],
            ResumeCheckpoint = resume?.From.Of<CheckpointRecord>().Single(record => record.Step == resume.Value.Step).Id,
            ResumeStep = resume?.Step ?? 0,
        }, recorder);
    }

    /// <summary>The bytes of the weights that a run saved at a step.</summary>
    public static byte[] Weights(MemoryRecorder recorder, int step) => File.ReadAllBytes(Path.Combine(recorder.Folders[step], "model.safetensors"));
}
