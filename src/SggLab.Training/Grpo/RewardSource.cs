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

    public RewardSource(RunSpec spec)
    {
        var variant = RewardVariants.Find(spec.Variant!);
        if (!spec.Grpo!.StrictFormat)
            variant = variant with { Settings = variant.Settings with { StrictFormat = false } };
        _scorer = RewardScorer.Create(variant, SimilarityOf(spec.Grpo.Similarity));
    }

    public RewardScore Score(ExamplePrompt prompt, string completion) =>
        _scorer.Score(completion, RlSolution.Of(prompt.Example), prompt.Scale.Width, prompt.Scale.Height);

    private static ICategorySimilarity SimilarityOf(string name) => name switch
    {
        "exact" => new ExactSimilarity(),
        "spacy-sm" => SpacySmSimilarity.Shared,
        _ when name.StartsWith("vectors:", StringComparison.Ordinal) => VectorSimilarity.Load(name["vectors:".Length..]),
        _ => throw new LabException($"Similarity '{name}' is not known; give spacy-sm, exact or vectors:FILE."),
    };
}
