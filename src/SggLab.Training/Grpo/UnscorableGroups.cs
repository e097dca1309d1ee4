using SggLab.Training.Prompts;

namespace SggLab.Training.Grpo;

/// <summary>Stops a run where no completion of a prompt could be scored: one such rollout is left out, a whole group of them means broken rewards.</summary>
internal static class UnscorableGroups
{
    /// <param name="names">The variant's rewards.</param>
    /// <param name="parts">Each reward of each rollout, groups in a row.</param>
    /// <param name="rewards">Their weighted sums.</param>
    /// <param name="checkpoint">Id of the last good checkpoint, for the message.</param>
    /// <exception cref="DivergedException">A group has no finite reward.</exception>
    public static void Check(int step, IReadOnlyList<ExamplePrompt> prompts, IReadOnlyList<string> names, double[][] parts, double[] rewards, string? checkpoint)
    {
        var groupSize = rewards.Length / prompts.Count;
        for (var group = 0; group < prompts.Count; group++)
        {
            if (rewards.Skip(group * groupSize).Take(groupSize).Any(double.IsFinite))
                continue;
            var example = prompts[group].Example;
            var culprit = names.Zip(parts[group * groupSize]).FirstOrDefault(pair => !double.IsFinite(pair.Second));
            throw new DivergedException(step, $"No completion of image {example.ImageId} ({example.Origin.File}, row {example.Origin.Row}) has a finite reward at step {step}: "
                + $"{culprit.First} is {culprit.Second}. Look at the example and at grpo.similarity. The last good checkpoint is {checkpoint ?? "the start"}.");
        }
    }
}
