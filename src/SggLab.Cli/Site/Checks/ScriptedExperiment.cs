using SggLab.Contracts.Specs;

namespace SggLab.Cli.Site.Checks;

/// <summary>Runs that play a script instead of training: the event path without libtorch.</summary>
internal static class ScriptedExperiment
{
    public static ExperimentSpec Of(string name, int runs, int steps, int stepMilliseconds) => new()
    {
        Experiment = name,
        Runs = [.. Enumerable.Range(1, runs).Select(i => Run($"scripted-{i}", i, steps, stepMilliseconds))],
    };

    private static RunSpec Run(string name, int seed, int steps, int stepMilliseconds) => new()
    {
        Name = name,
        Method = RunMethod.Scripted,
        Seed = seed,
        Model = new(),
        Data = new() { Vocabulary = "synthetic" },
        Protocol = new()
        {
            Name = "scripted", Prompt = "open", SystemPrompt = "none", MinPixels = 1, MaxPixels = 1, MaxNewTokens = 1,
            BoxFrame = "thousand", AnswerParser = "reference", Dataset = "synthetic", Split = "test",
        },
        Scripted = new() { Steps = steps, StepMilliseconds = stepMilliseconds },
        Checkpoints = new() { EverySteps = Math.Max(1, steps / 20) },
    };
}
