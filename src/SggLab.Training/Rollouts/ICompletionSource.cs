using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Prompts;

namespace SggLab.Training.Rollouts;

/// <summary>What writes completions: the decoder in this process, or a server that holds the same weights.</summary>
internal interface ICompletionSource : IDisposable
{
    /// <summary>G completions a prompt, groups in a row, drawn from the policy as it is before this step.</summary>
    /// <param name="step">Counted from 1.</param>
    /// <exception cref="OperationCanceledException">The run was asked to stop meanwhile.</exception>
    IReadOnlyList<Completion> Sample(IReadOnlyList<ExamplePrompt> prompts, GrpoSettings settings, int runSeed, int step);

    /// <summary>Which weights the last sample was drawn from.</summary>
    string PolicyVersion { get; }

    /// <summary>The likeliest answer to each prompt.</summary>
    IReadOnlyList<Completion> Greedy(IReadOnlyList<ExamplePrompt> prompts, int maxNewTokens);
}
