namespace SggLab.Contracts.Specs;

/// <summary>What `run queue FILE.yaml` and the form queue: an experiment and its runs, in the order they should start.</summary>
public sealed record ExperimentSpec
{
    public required string Experiment { get; init; }
    public string? Note { get; init; }
    public required IReadOnlyList<RunSpec> Runs { get; init; }
}
