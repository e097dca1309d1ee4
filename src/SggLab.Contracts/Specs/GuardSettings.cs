namespace SggLab.Contracts.Specs;

/// <summary>Stops a run whose figure leaves its bounds: a loss that explodes, an entropy that collapses, a KL that runs away.</summary>
public sealed record GuardSettings
{
    /// <summary>Name of a figure that the run reports each step, such as entropy, kl, loss or grad_norm.</summary>
    public required string Metric { get; init; }
    /// <summary>Out of bounds above this.</summary>
    public double? Above { get; init; }
    /// <summary>Out of bounds below this.</summary>
    public double? Below { get; init; }
    /// <summary>Steps in a row out of bounds after which the run stops.</summary>
    public int Steps { get; init; } = 1;
}
