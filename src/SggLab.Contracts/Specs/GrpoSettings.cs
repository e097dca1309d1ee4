namespace SggLab.Contracts.Specs;

/// <summary>Group relative policy optimisation with graph rewards. What the paper fixes has no default here; see examples/reference-*.yaml.</summary>
public sealed record GrpoSettings
{
    /// <summary>Logits divided by less leave f32.</summary>
    public const double LeastTemperature = 1e-6;

    public required double LearningRate { get; init; }
    public required string Schedule { get; init; }
    public required double WarmupRatio { get; init; }
    public required double MaxGradNorm { get; init; }
    /// <summary>Prompts a step.</summary>
    public required int PromptsPerStep { get; init; }
    /// <summary>G: rollouts a prompt.</summary>
    public required int GroupSize { get; init; }
    public required int MaxCompletionTokens { get; init; }
    /// <summary>Logits are divided by it before drawing: <see cref="LeastTemperature"/> to 100.</summary>
    public required double Temperature { get; init; }
    public required double TopP { get; init; }
    /// <summary>0 = off.</summary>
    public required int TopK { get; init; }
    /// <summary>Weight of the k3 KL to the starting policy; 0 = no reference model.</summary>
    public required double Beta { get; init; }
    /// <summary>Clip range of the ratio.</summary>
    public required double Epsilon { get; init; }
    /// <summary>bnpo (mean over tokens), grpo (mean over completions of their token means), dr_grpo (by a constant length) or dapo (mean over the tokens of the whole step, however it is cut).</summary>
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
    /// <summary>Weights whose name contains one of these texts stay as they are, such as "visual."; a * stands for any characters, and then the whole name must fit.</summary>
    public IReadOnlyList<string> Freeze { get; init; } = [];
    /// <summary>Train a low-rank adapter in place of the weights; with beta above 0 the model without it is the reference policy.</summary>
    public LoraSpec? Lora { get; init; }
    /// <summary>Where masters and moments live: device, or host (pinned memory, stepped by the CPU: 12 bytes a weight less on the GPU).</summary>
    public string OptimizerDevice { get; init; } = "device";
    /// <summary>any (the first end token that the model's folder names closes a completion) or reference (only &lt;|im_end|&gt; does: one that ends otherwise keeps its padding in the loss).</summary>
    public string Eos { get; init; } = "any";
    /// <summary>System prompt in training where it differs from the protocol's: think, sft or none. sft is the reference's disable_think_tags.</summary>
    public string? SystemPrompt { get; init; }
    /// <summary>Factor on each reward of the variant, in its order; empty = 1 each.</summary>
    public IReadOnlyList<double> RewardWeights { get; init; } = [];
    /// <summary>Steps over which the factor of each reward of the variant rises from 0, in its order; 0 = at once, empty = none rises.</summary>
    public IReadOnlyList<int> RewardWarmupSteps { get; init; } = [];
    /// <summary>Normalise each reward in its group and sum the results, in place of normalising the sum.</summary>
    public bool SplitRewards { get; init; }
    /// <summary>Draw prompts_per_step / this many prompts and keep the groups whose rewards differ most, 0..1; 1 keeps all.</summary>
    public double KeepTopGroupRatio { get; init; } = 1;
    /// <summary>Move the reference policy towards the policy now and then.</summary>
    public bool SyncRefModel { get; init; }
    /// <summary>Share of the policy in the new reference: reference = share * policy + (1 - share) * reference.</summary>
    public double RefModelMixupAlpha { get; init; } = 0.6;
    /// <summary>Steps between two such moves.</summary>
    public int RefModelSyncSteps { get; init; } = 512;
    /// <summary>Show only VG150's base objects and predicates in training (open vocabulary); examples without a relation among them are left out.</summary>
    public bool OvdrSplit { get; init; }
    /// <summary>Correction for a sampler that is not quite the policy: none, token_truncate, token_mask, sequence_truncate or sequence_mask (TRL's vllm_importance_sampling_mode).</summary>
    public string SamplerCorrection { get; init; } = "none";
    /// <summary>Largest ratio of policy to sampler: above it a truncated ratio stays at it, a masked one becomes 0.</summary>
    public double SamplerCorrectionMax { get; init; } = 3;
    /// <summary>Take log-probabilities over the tokens that top-k and top-p left in each draw, in place of the whole vocabulary.</summary>
    public bool ReplaySampling { get; init; }
    /// <summary>Rollouts from this server in place of the trainer's own decoder.</summary>
    public ServerSettings? Server { get; init; }
}
