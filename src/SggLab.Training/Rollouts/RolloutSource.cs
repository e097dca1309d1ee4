using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Modeling;
using SggLab.Training.Prompts;

namespace SggLab.Training.Rollouts;

/// <summary>
/// Completions drawn by the in-process decoder from the model's weights as they are at each call. Between calls nothing of it is in memory: with an
/// adapter the decoder has merged copies of the layers, which an update has no use for.
/// </summary>
/// <param name="isStopped">Asked at each token: a step's rollouts may take minutes, and nothing is learnt of them yet.</param>
internal sealed class RolloutSource(Qwen2VLModel model, Tokenizer tokenizer, Func<bool> isStopped) : ICompletionSource
{
    /// <inheritdoc/>
    public string PolicyVersion { get; private set; } = "";

    /// <inheritdoc/>
    public IReadOnlyList<Completion> Sample(IReadOnlyList<ExamplePrompt> prompts, GrpoSettings settings, int runSeed, int step)
    {
        var sampling = new SamplingSettings
        {
            MaxNewTokens = settings.MaxCompletionTokens, Temperature = settings.Temperature, TopP = settings.TopP, TopK = settings.TopK,
            NeverDrawn = [model.Config.ImageTokenId], KeepSets = settings.ReplaySampling,
        };
        PolicyVersion = FormattableString.Invariant($"step-{step - 1}");
        using var decoder = new Decoder(model, tokenizer);
        return decoder.Generate([.. prompts.Select(prompt => prompt.Prompt)], settings.GroupSize, sampling, (prompt, sample) => Seed(runSeed, step, prompt, sample), ThrowIfStopped);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Completion> Greedy(IReadOnlyList<ExamplePrompt> prompts, int maxNewTokens)
    {
        using var decoder = new Decoder(model, tokenizer);
        return decoder.Generate([.. prompts.Select(prompt => prompt.Prompt)], 1, new SamplingSettings { MaxNewTokens = maxNewTokens, Greedy = true }, (_, _) => 0);
    }

    private void ThrowIfStopped(int prompt, int sample, int id)
    {
        if (isStopped())
            throw new OperationCanceledException();
    }

    /// <summary>The seed that draws a rollout again alone: a function of run seed, step, prompt within the step and sample within the group.</summary>
    public static long Seed(int runSeed, int step, int prompt, int sample)
    {
        var seed = (long)runSeed;
        foreach (var part in (ReadOnlySpan<int>)[step, prompt, sample])
            seed = unchecked((long)StableRandom.For(seed, part).Next());
        return seed;
    }

    public void Dispose()
    {
    }
}
