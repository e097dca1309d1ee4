namespace SggLab.Contracts.Specs;

/// <summary>
/// A reward variant of one's own: which rewards count, by what factor, and the numbers inside them. The defaults are the reference's; each number is
/// explained in docs/rewards.md.
/// </summary>
public sealed record VariantSpec
{
    /// <summary>What boards and comparisons call it; not the name of a published variant.</summary>
    public required string Name { get; init; }
    /// <summary>One sentence for people who compare.</summary>
    public string? Summary { get; init; }
    /// <summary>Factor on each reward, in the order in which weights and warm-ups are given; in a file a line `reward: factor` each.</summary>
    public required IReadOnlyList<NamedWeight> Rewards { get; init; }
    /// <summary>False gives half of the format reward to a sound graph without tags.</summary>
    public bool StrictFormat { get; init; } = true;
    /// <summary>What a completion of the right form earns.</summary>
    public double FormatWeight { get; init; } = 1;
    /// <summary>What a perfectly found object earns, for its category and for its box.</summary>
    public double NodeWeight { get; init; } = 2;
    /// <summary>What a perfectly found relation earns.</summary>
    public double EdgeWeight { get; init; } = 5;
    /// <summary>Least IoU of both ends of a relation, 0..1.</summary>
    public double IouThreshold { get; init; } = 0.5;
    /// <summary>Weight of 1 - similarity in the matching cost.</summary>
    public double SemanticCost { get; init; } = 1;
    /// <summary>Weight of 1 - generalised IoU in the matching cost, and of IoU in node_box.</summary>
    public double OverlapCost { get; init; } = 2;
    /// <summary>Weight of the box distance in the matching cost and in node_box.</summary>
    public double DistanceCost { get; init; } = 5;
    /// <summary>recall_mix: share of recall; the rest is mean recall.</summary>
    public double RecallShare { get; init; } = 0.5;
    /// <summary>dual_granularity: share of the fine part.</summary>
    public double FineShare { get; init; } = 0.5;
    /// <summary>dual_granularity: from which similarity on predicates count as alike.</summary>
    public double AlikeSimilarity { get; init; } = 0.7;
    /// <summary>dual_granularity: weights of predicates, such as 1 / frequency; those not named weigh 1.</summary>
    public IReadOnlyList<NamedWeight> PredicateWeights { get; init; } = [];
    /// <summary>length_penalty: characters that cost nothing.</summary>
    public int LengthFree { get; init; } = 4000;
    /// <summary>length_penalty: characters from which on the penalty is whole.</summary>
    public int LengthMost { get; init; } = 8000;
}

/// <summary>A factor on what has this name. A list of them keeps the order that was written, and with it the spec's hash.</summary>
public sealed record NamedWeight
{
    public required string Name { get; init; }
    public required double Weight { get; init; }
}
