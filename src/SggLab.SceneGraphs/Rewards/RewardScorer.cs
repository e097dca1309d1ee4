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
        var values = new double[Variant.Terms.Count];
        var total = ScoreInto(completion, groundTruth, boxScaleWidth, boxScaleHeight, values);
        var parts = new Dictionary<string, double>();
        foreach (var (term, value) in Variant.Terms.Zip(values)) parts[term.Function.Name] = value;
        return new RewardScore(total, parts);
    }

    /// <summary>As <see cref="Score"/>, without allocating: each term's reward into <paramref name="parts"/>, in the variant's order.</summary>
    /// <returns>The weighted sum.</returns>
    public double ScoreInto(string completion, SceneGraph groundTruth, double boxScaleWidth, double boxScaleHeight, Span<double> parts)
    {
        var total = 0.0;
        if (!_scratch.TryTake(out var scratch)) scratch = new RewardCase(_similarity, Variant.Settings);
        scratch.Load(completion, groundTruth, boxScaleWidth, boxScaleHeight);
        for (var i = 0; i < Variant.Terms.Count; i++)
        {
            parts[i] = Variant.Terms[i].Function.Compute(scratch);
            total += parts[i] * Variant.Terms[i].Weight;
        }
        // One that has grown with a giant is left to the collector.
        if (completion.Length < 200_000) _scratch.Add(scratch);
        return total;
    }

    /// <summary>As <see cref="Score"/>, with which objects and relations were matched and how well.</summary>
    public RewardExplanation Explain(string completion, SceneGraph groundTruth, double boxScaleWidth, double boxScaleHeight)
    {
        var score = Score(completion, groundTruth, boxScaleWidth, boxScaleHeight);
        var loaded = new RewardCase(_similarity, Variant.Settings);
        loaded.Load(completion, groundTruth, boxScaleWidth, boxScaleHeight);
        return RewardExplainer.Explain(loaded, Variant, score, CompletionParser.Parse(completion, 1, 1, boxScaleWidth, boxScaleHeight).Failure);
    }
}
