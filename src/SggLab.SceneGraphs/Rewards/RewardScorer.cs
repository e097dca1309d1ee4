using System.Collections.Concurrent;
using SggLab.SceneGraphs.Completions;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>What a completion earned.</summary>
/// <param name="Total">The weighted sum.</param>
/// <param name="Parts">Each reward by name, before its weight in the variant.</param>
public sealed record RewardScore(double Total, IReadOnlyDictionary<string, double> Parts);

/// <summary>Scores completions under one variant. Thread-safe; deterministic; never throws on what a model wrote.</summary>
public sealed class RewardScorer
{
    private readonly ConcurrentBag<RewardCase> _scratch = [];
    private readonly ICategorySimilarity _similarity;

    private RewardScorer(RewardVariant variant, ICategorySimilarity similarity)
    {
        Variant = variant;
        _similarity = similarity;
    }

    public RewardVariant Variant { get; }

    public static RewardScorer Create(string variant, ICategorySimilarity similarity) => new(RewardVariants.Find(variant), similarity);

    public static RewardScorer Create(RewardVariant variant, ICategorySimilarity similarity) => new(variant, similarity);

    /// <param name="completion">The raw text of the model; one of more than <see cref="CompletionParser.MaxLength"/> characters earns nothing.</param>
    /// <param name="groundTruth">Boxes in [0,1].</param>
    /// <param name="boxScaleWidth">What a written x is divided by: 1000, or the width in pixels of the image that the model saw.</param>
    /// <param name="boxScaleHeight">The same for y.</param>
    public RewardScore Score(string completion, SceneGraph groundTruth, double boxScaleWidth, double boxScaleHeight)
    {
        var parts = new Dictionary<string, double>(Variant.Terms.Count);
        var total = 0.0;
        var scratch = Rent();
        scratch.Load(completion, groundTruth, boxScaleWidth, boxScaleHeight);
        foreach (var term in Variant.Terms)
        {
            var value = term.Function.Compute(scratch);
            parts[term.Function.Name] = value;
            total += value * term.Weight;
        }
        Return(scratch, completion);
        return new RewardScore(total, parts);
    }

    /// <summary>As <see cref="Score"/>, without allocating: each term's reward into <paramref name="parts"/>, in the variant's order.</summary>
    /// <returns>The weighted sum.</returns>
    public double ScoreInto(string completion, SceneGraph groundTruth, double boxScaleWidth, double boxScaleHeight, Span<double> parts)
    {
        var total = 0.0;
        var scratch = Rent();
        scratch.Load(completion, groundTruth, boxScaleWidth, boxScaleHeight);
        for (var i = 0; i < Variant.Terms.Count; i++)
        {
            parts[i] = Variant.Terms[i].Function.Compute(scratch);
            total += parts[i] * Variant.Terms[i].Weight;
        }
        Return(scratch, completion);
        return total;
    }

    /// <summary>As <see cref="Score"/>, with which objects and relations were matched and how well.</summary>
    public RewardExplanation Explain(string completion, SceneGraph groundTruth, double boxScaleWidth, double boxScaleHeight)
    {
        var score = Score(completion, groundTruth, boxScaleWidth, boxScaleHeight);
        var scratch = Rent();
        scratch.Load(completion, groundTruth, boxScaleWidth, boxScaleHeight);
        var explanation = RewardExplainer.Explain(scratch, Variant, score, CompletionParser.Parse(completion, 1, 1, boxScaleWidth, boxScaleHeight).Failure);
        Return(scratch, completion);
        return explanation;
    }

    // One that has grown with a giant is left to the collector.
    private void Return(RewardCase scratch, string completion)
    {
        if (completion.Length < 200_000) _scratch.Add(scratch);
    }

    private RewardCase Rent() => _scratch.TryTake(out var scratch) ? scratch : new RewardCase(_similarity, Variant.Settings);
}
