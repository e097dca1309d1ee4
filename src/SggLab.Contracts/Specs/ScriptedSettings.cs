namespace SggLab.Contracts.Specs;

/// <summary>A run without a model: metrics from formulas of (seed, step), small checkpoint files, one evaluation at the end.</summary>
public sealed record ScriptedSettings
{
    public required int Steps { get; init; }
    /// <summary>Milliseconds a step takes.</summary>
    public int StepMilliseconds { get; init; } = 20;
    /// <summary>Recall that the final evaluation reports, 0..1.</summary>
    public double FinalRecall { get; init; } = 0.5;
    /// <summary>Step at which the run fails with a message, to test failures.</summary>
    public int? FailAtStep { get; init; }
}
