using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.Datasets.Prompts;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;
using SggLab.Training.Prompts;

namespace SggLab.Training.Grpo;

/// <summary>Scores completions of a run's variant against the graphs they were drawn for.</summary>
internal sealed class RewardSource
{
    private readonly RewardScorer _scorer;
    private readonly RewardWeights _weights;

    public RewardSource(RunSpec spec)
    {
        var (variant, grpo) = (RewardVariants.Of(spec), spec.Grpo!);
        if (!grpo.StrictFormat)
            variant = variant with { Settings = variant.Settings with { StrictFormat = false } };
        _scorer = RewardScorer.Create(variant, SimilarityOf(grpo.Similarity));
        Names = [.. variant.Terms.Select(term => term.Function.Name)];
        _weights = new RewardWeights(Names.Length, grpo.RewardWeights, grpo.RewardWarmupSteps);
    }

    /// <summary>The variant's rewards, in its order.</summary>
    public string[] Names { get; }

    /// <summary>The factor on each of them.</summary>
    /// <param name="step">Steps done before this one.</param>
    public double[] WeightsAt(int step) => [.. _weights.At(step).Zip(_scorer.Variant.Terms, (factor, term) => factor * term.Weight)];

    /// <summary>Each reward, in the order of <see cref="Names"/>.</summary>
    public double[] Score(ExamplePrompt prompt, string completion)
    {
        var parts = new double[Names.Length];
        _scorer.ScoreInto(completion, RlSolution.Of(prompt.Example), prompt.Scale.Width, prompt.Scale.Height, parts);
        return parts;
    }

    private static ICategorySimilarity SimilarityOf(string name) => name switch
    {
        "exact" => new ExactSimilarity(),
        "spacy-sm" => SpacySmSimilarity.Shared,
        _ when name.StartsWith("vectors:", StringComparison.Ordinal) => VectorSimilarity.Load(name["vectors:".Length..]),
        _ => throw new LabException($"Similarity '{name}' is not known; give spacy-sm, exact or vectors:FILE."),
    };
}
