namespace SggLab.Contracts.Specs;

/// <summary>Group relative policy optimisation with graph rewards. What the paper fixes has no default here; see examples/reference-grpo-*.yaml.</summary>
public sealed record GrpoSettings
{
    public required double LearningRate { get; init; }
    public required string Schedule { get; init; }
    public required double WarmupRatio { get; init; }
    public required double MaxGradNorm { get; init; }
    /// <summary>Prompts a step.</summary>
    public required int PromptsPerStep { get; init; }
    /// <summary>G: rollouts a prompt.</summary>
    public required int GroupSize { get; init; }
    public required int MaxCompletionTokens { get; init; }
    public required double Temperature { get; init; }
    public required double TopP { get; init; }
    /// <summary>0 = off.</summary>
    public required int TopK { get; init; }
    /// <summary>Weight of the k3 KL to the starting policy; 0 = no reference model.</summary>
    public required double Beta { get; init; }
    /// <summary>Clip range of the ratio.</summary>
    public required double Epsilon { get; init; }
    /// <summary>bnpo (mean over tokens), grpo (mean over completions of their token means) or dr_grpo (by a constant length).</summary>
    public required string Loss { get; init; }
    /// <summary>Updates on one batch of rollouts.</summary>
    public required int Iterations { get; init; }
    /// <summary>global (tokens of the whole step) or micro_batch (the reference's).</summary>
    public string Normalisation { get; init; } = "global";
    /// <summary>spacy-sm, exact or vectors:FILE.</summary>
    public required string Similarity { get; init; }
    /// <summary>Sequences a forward pass of the update.</summary>
    public int? MicroBatchSize { get; init; }
    public double WeightDecay { get; init; }
    /// <summary>AdamW's second beta; the reference has 0.999. A run of a few hundred steps forgets its start sooner with 0.98.</summary>
    public double AdamBeta2 { get; init; } = 0.999;
    public double? Epochs { get; init; }
    public int? MaxSteps { get; init; }
    public string Precision { get; init; } = "float32";
    /// <summary>Upper clip range where it differs from <see cref="Epsilon"/>.</summary>
    public double? EpsilonHigh { get; init; }
    /// <summary>token (a ratio a token) or sequence (one a completion, GSPO).</summary>
    public string ImportanceSampling { get; init; } = "token";
    /// <summary>What centred rewards are divided by: group (the group's standard deviation), batch or none.</summary>
    public string ScaleRewards { get; init; } = "group";
    /// <summary>Whether completions cut off at the longest length stay out of the loss.</summary>
    public bool MaskTruncated { get; init; }
    /// <summary>False gives half of the format reward to a sound graph without tags.</summary>
    public bool StrictFormat { get; init; } = true;
    /// <summary>Steps between rollout shards that are kept; 0 keeps none.</summary>
    public int KeepRolloutsEvery { get; init; } = 1;
    /// <summary>Largest image area in training, in pixels, where it differs from the protocol's.</summary>
    public int? MaxPixels { get; init; }
    /// <summary>Keep only each layer's input and compute the rest again on the way back: less memory, a third more work.</summary>
    public bool ActivationCheckpointing { get; init; }
    /// <summary>Weights whose name contains one of these texts stay as they are, such as "visual.".</summary>
    public IReadOnlyList<string> Freeze { get; init; } = [];
}
