using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Datasets.Synthetic;
using SggLab.SceneGraphs.Rewards;

namespace SggLab.Training.Demo;

/// <summary>
/// The experiment that a fresh site trains: on synthetic scenes, a model of a million parameters learns by SFT, stopped early so that there is room
/// above it, then by GRPO under each of the three reward variants, two seeds each. examples/demo.yaml is the same, written out.
/// </summary>
public static class DemoExperiment
{
    public const int TrainScenes = 2000, ValidationScenes = 100, TestScenes = 400;
    private const long SceneSeed = 2504;
    private const string BaseFolder = "base";

    /// <summary>Writes data sets and base model below a folder, where they are not there yet. The same code gives the same bytes.</summary>
    public static void Prepare(string folder)
    {
        var data = Path.Combine(folder, "data");
        // The test split is written last: without it, what is there is of a preparation that broke off.
        if (!File.Exists(Path.Combine(data, "test", "README.md")))
            SyntheticScenes.WriteSplits(data, TrainScenes, ValidationScenes, TestScenes, SceneSeed, replace: true);
        if (Directory.Exists(Path.Combine(folder, BaseFolder)))
            return;
        using var scenes = ParquetDataset.Open(Path.Combine(data, "train"));
        DemoModel.Write(Path.Combine(folder, BaseFolder), scenes);
    }

    /// <summary>The eight runs, in the order in which they should start.</summary>
    /// <param name="folder">Where <see cref="Prepare"/> wrote.</param>
    public static ExperimentSpec Spec(string folder)
    {
        folder = Path.GetFullPath(folder);
        return new ExperimentSpec
        {
            Experiment = "Three reward variants on synthetic scenes",
            Note = "SFT is stopped early, then GRPO goes on from it under Hard Recall, Hard Recall + Relax and Soft Recall, two seeds each. Recall is that of 400 held-out scenes.",
            Runs =
            [
                Run("untrained", RunMethod.Evaluate, folder) with { Model = Base(folder) },
                Run("sft", RunMethod.Sft, folder) with { Model = Base(folder), Sft = Sft, Checkpoints = new() { EverySteps = 80 } },
                .. from seed in Enumerable.Range(1, 2)
                   from variant in new[] { RewardVariants.HardRecall, RewardVariants.HardRecallRelax, RewardVariants.SoftRecall }.Select(variant => variant.Name)
                   select Run($"{variant.Replace('_', '-')}-s{seed}", RunMethod.Grpo, folder) with
                   {
                       Variant = variant, Seed = seed, Model = new() { Run = "sft" }, Grpo = Grpo, Checkpoints = new() { EverySteps = 40 },
                   },
            ],
        };
    }

    private static SftSettings Sft { get; } = new()
    {
        LearningRate = 1e-3, Schedule = "constant", WarmupRatio = 0.05, MaxGradNorm = 1, BatchSize = 16, MaxSteps = 300, Answer = "tags",
    };

    private static GrpoSettings Grpo { get; } = new()
    {
        LearningRate = 1e-4, Schedule = "constant", WarmupRatio = 0, MaxGradNorm = 1, PromptsPerStep = 8, GroupSize = 8, MaxCompletionTokens = 80,
        Temperature = 1, TopP = 1, TopK = 0, Beta = 0, Epsilon = 0.2, Loss = "bnpo", Iterations = 1, Similarity = "spacy-sm", MaxSteps = 300, MicroBatchSize = 16,
        KeepRolloutsEvery = 5,
    };

    private static RunSpec Run(string name, RunMethod method, string folder) => new()
    {
        Name = name,
        Method = method,
        Seed = 1,
        Model = new(),
        Data = new()
        {
            Train = Path.Combine(folder, "data", "train"),
            Validation = Path.Combine(folder, "data", "validation"),
            Test = Path.Combine(folder, "data", "test"),
            Vocabulary = "synthetic",
        },
        Protocol = Protocol,
        Evaluation = new() { BatchSize = 100 },
        Threads = 1,
    };

    private static Protocol Protocol { get; } = new()
    {
        Name = "demo", Prompt = "open", SystemPrompt = "none", MinPixels = 3136, MaxPixels = SyntheticScenes.Side * SyntheticScenes.Side, MaxNewTokens = 80,
        BoxFrame = "thousand", AnswerParser = "reference", Dataset = "synthetic", Split = "test",
    };

    private static ModelSource Base(string folder) => new() { Folder = Path.Combine(folder, BaseFolder) };
}
