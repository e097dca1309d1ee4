namespace SggLab.Contracts.Specs;

/// <summary>Supervised fine-tuning. What the paper fixes has no default here; see examples/reference-*.yaml.</summary>
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
    /// <summary>Whether short examples share a row of the length of the longest one in the step, none seeing another; then MicroBatchSize counts rows.</summary>
    public bool Packing { get; init; }
    public double WeightDecay { get; init; }
    /// <summary>AdamW's second beta; the reference has 0.999. A run of a few hundred steps forgets its start sooner with 0.98.</summary>
    public double AdamBeta2 { get; init; } = 0.999;
    /// <summary>Exactly one of Epochs and MaxSteps.</summary>
    public double? Epochs { get; init; }
    public int? MaxSteps { get; init; }
    /// <summary>float32 or bfloat16 (with f32 master weights).</summary>
    public string Precision { get; init; } = "float32";
    /// <summary>fence (the reference's ```json block) or tags (the same graph inside empty think tags and answer tags, as GRPO asks for it).</summary>
    public string Answer { get; init; } = "fence";
    /// <summary>answer (only the answer's tokens and the end of its turn teach) or reference (R1-SGG's masking: the whole chat teaches but for the vision tokens).</summary>
    public string Labels { get; init; } = "answer";
    /// <summary>Whether an example drawn again comes, every other time, with its objects shuffled and renumbered, as in the reference.</summary>
    public bool ShuffleObjects { get; init; }
    /// <summary>Largest image area in training, in pixels, where it differs from the protocol's.</summary>
    public int? MaxPixels { get; init; }
    /// <summary>Keep only each layer's input and compute the rest again on the way back: less memory, a third more work.</summary>
    public bool ActivationCheckpointing { get; init; }
    /// <summary>Weights whose name contains one of these texts stay as they are, such as "visual."; a * stands for any characters, and then the whole name must fit.</summary>
    public IReadOnlyList<string> Freeze { get; init; } = [];
    /// <summary>Train a low-rank adapter in place of the weights.</summary>
    public LoraSpec? Lora { get; init; }
    /// <summary>Where masters and moments live: device, or host (pinned memory, stepped by the CPU: 12 bytes a weight less on the GPU).</summary>
    public string OptimizerDevice { get; init; } = "device";
}
