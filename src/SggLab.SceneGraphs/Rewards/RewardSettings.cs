namespace SggLab.SceneGraphs.Rewards;

/// <summary>The numbers inside the rewards; the defaults are the reference's (<c>grpo.py</c> at e4de64d).</summary>
public sealed record RewardSettings
{
    public static RewardSettings Reference { get; } = new();

    /// <summary>What a completion of the right form earns.</summary>
    public double FormatWeight { get; init; } = 1;

    /// <summary>What a perfectly found object earns, for its category and for its box.</summary>
    public double NodeWeight { get; init; } = 2;

    /// <summary>What a perfectly found relation earns.</summary>
    public double EdgeWeight { get; init; } = 5;

    /// <summary>Least IoU of both ends of a relation in the hard rewards.</summary>
    public double IouThreshold { get; init; } = 0.5;

    /// <summary>Weights of 1 - similarity, 1 - generalised IoU and box distance in the matching cost.</summary>
    public double SemanticCost { get; init; } = 1;

    public double OverlapCost { get; init; } = 2;

    public double DistanceCost { get; init; } = 5;

    /// <summary>False: a valid graph without the think and answer tags earns half of the format reward (STRICT_FORMAT=false).</summary>
    public bool StrictFormat { get; init; } = true;

    /// <summary>recall_mix: share of recall; the rest is mean recall.</summary>
    public double RecallShare { get; init; } = 0.5;

    /// <summary>dual_granularity: share of the fine part.</summary>
    public double FineShare { get; init; } = 0.5;

    /// <summary>dual_granularity: from which similarity on predicates count as alike. Wants word vectors: spacy-sm hears spelling, not meaning.</summary>
    public double AlikeSimilarity { get; init; } = 0.7;

    /// <summary>dual_granularity: weights of predicates (normalised names), such as 1 / frequency; those not named weigh 1.</summary>
    public IReadOnlyDictionary<string, double> PredicateWeights { get; init; } = new Dictionary<string, double>();

    /// <summary>length_penalty: characters that cost nothing.</summary>
    public int LengthFree { get; init; } = 4000;

    /// <summary>length_penalty: characters from which on the penalty is whole.</summary>
    public int LengthMost { get; init; } = 8000;
}
