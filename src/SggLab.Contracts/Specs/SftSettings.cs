namespace SggLab.Contracts.Specs;

/// <summary>Supervised fine-tuning. What the paper fixes has no default here; see examples/reference-sft-*.yaml.</summary>
public sealed record SftSettings
{
    public required double LearningRate { get; init; }
    /// <summary>linear, cosine or constant; after the warm-up.</summary>
    public required string Schedule { get; init; }
    /// <summary>Share of the steps with a rising learning rate, 0..1.</summary>
    public required double WarmupRatio { get; init; }
    public required double MaxGradNorm { get; init; }
    /// <summary>Examples a step.</summary>
    public required int BatchSize { get; init; }
    /// <summary>Examples a forward pass; the step accumulates over them.</summary>
    public int? MicroBatchSize { get; init; }
    public double WeightDecay { get; init; }
    /// <summary>Exactly one of Epochs and MaxSteps.</summary>
    public double? Epochs { get; init; }
    public int? MaxSteps { get; init; }
    /// <summary>float32 or bfloat16 (with f32 master weights).</summary>
    public string Precision { get; init; } = "float32";
}
