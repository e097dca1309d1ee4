namespace SggLab.Contracts.Specs;

/// <summary>Bounds of each method's settings.</summary>
internal static class SettingsChecks
{
    public static void Check(SftSettings sft, SpecCheck check)
    {
        Optimizer(check, "sft", sft.LearningRate, sft.Schedule, sft.WarmupRatio, sft.MaxGradNorm, sft.WeightDecay, sft.AdamBeta2, sft.Precision);
        Trained(check, "sft", sft.Lora, sft.Freeze, sft.OptimizerDevice);
        Length(check, "sft", sft.Epochs, sft.MaxSteps);
        check.That(sft.BatchSize is >= 1 and <= 65536, "sft.batch_size", $"give 1 to 65536; given was {sft.BatchSize}");
        MicroBatch(check, "sft", sft.MicroBatchSize, sft.BatchSize, "batch_size");
        check.OneOf(sft.Answer, "sft.answer", "fence", "tags");
        check.OneOf(sft.Labels, "sft.labels", "answer", "reference");
    }

    public static void Check(GrpoSettings grpo, SpecCheck check)
    {
        Optimizer(check, "grpo", grpo.LearningRate, grpo.Schedule, grpo.WarmupRatio, grpo.MaxGradNorm, grpo.WeightDecay, grpo.AdamBeta2, grpo.Precision);
        Trained(check, "grpo", grpo.Lora, grpo.Freeze, grpo.OptimizerDevice);
        Length(check, "grpo", grpo.Epochs, grpo.MaxSteps);
        check.That(grpo.PromptsPerStep is >= 1 and <= 65536, "grpo.prompts_per_step", $"give 1 to 65536; given was {grpo.PromptsPerStep}");
        check.That(grpo.GroupSize is >= 2 and <= 1024, "grpo.group_size", $"give 2 to 1024: a group of one has no spread, so no advantage; given was {grpo.GroupSize}");
        check.That(grpo.MaxCompletionTokens is >= 1 and <= 32768, "grpo.max_completion_tokens", $"give 1 to 32768; given was {grpo.MaxCompletionTokens}");
        check.That(grpo.Temperature is >= GrpoSettings.LeastTemperature and <= 100, "grpo.temperature", $"give 0.000001 to 100, such as 1; given was {grpo.Temperature}");
        check.That(grpo.TopP > 0 && grpo.TopP <= 1, "grpo.top_p", $"give a number above 0 and at most 1; given was {grpo.TopP}");
        check.That(grpo.TopK >= 0, "grpo.top_k", $"give 0 (off) or more; given was {grpo.TopK}");
        check.That(grpo.Beta >= 0 && grpo.Beta <= 100, "grpo.beta", $"give 0 (no reference model) or more; given was {grpo.Beta}");
        check.That(grpo.Epsilon > 0 && grpo.Epsilon < 1, "grpo.epsilon", $"give a number between 0 and 1, such as 0.2; given was {grpo.Epsilon}");
        check.OneOf(grpo.Loss, "grpo.loss", "bnpo", "grpo", "dr_grpo", "dapo");
        check.That(grpo.Iterations is >= 1 and <= 100, "grpo.iterations", $"give 1 to 100; given was {grpo.Iterations}");
        check.OneOf(grpo.Normalisation, "grpo.normalisation", "global", "micro_batch");
        check.That(grpo.EpsilonHigh is null or (> 0 and < 10), "grpo.epsilon_high", $"give a number above 0, or leave it out for epsilon; given was {grpo.EpsilonHigh}");
        check.OneOf(grpo.ImportanceSampling, "grpo.importance_sampling", "token", "sequence");
        check.OneOf(grpo.ScaleRewards, "grpo.scale_rewards", "group", "batch", "none");
        check.That(grpo.KeepRolloutsEvery >= 0, "grpo.keep_rollouts_every", $"give 0 (none) or more; given was {grpo.KeepRolloutsEvery}");
        check.That(grpo.Similarity is "spacy-sm" or "exact" || grpo.Similarity.StartsWith("vectors:", StringComparison.Ordinal) && grpo.Similarity.Length > 8,
            "grpo.similarity", $"give spacy-sm, exact or vectors:FILE; given was '{grpo.Similarity}'");
        check.OneOf(grpo.Eos, "grpo.eos", "any", "reference");
        if (grpo.SystemPrompt is { } system)
            check.OneOf(system, "grpo.system_prompt", "think", "sft", "none");
        Reference(check, grpo);
        Sampler(check, grpo);
        check.That(grpo.KeepTopGroupRatio is > 0 and <= 1, "grpo.keep_top_group_ratio", $"give a number above 0 and at most 1 (all groups); given was {grpo.KeepTopGroupRatio}");
        MicroBatch(check, "grpo", grpo.MicroBatchSize, grpo.PromptsPerStep * (long)grpo.GroupSize, "prompts_per_step * group_size");
    }

    /// <summary>Factors and warm-ups are given a reward, in the variant's order.</summary>
    public static void CheckRewards(RunSpec run, GrpoSettings grpo, SpecCheck check)
    {
        if (VariantRewards.Of(run) is not { } rewards)
            return;
        var order = $"one for each of the {rewards.Count} rewards of {run.Variant} ({string.Join(", ", rewards)})";
        check.That(grpo.RewardWeights.Count is 0 || grpo.RewardWeights.Count == rewards.Count, "grpo.reward_weights", $"give {order}, or leave it out; given were {grpo.RewardWeights.Count}");
        check.That(grpo.RewardWeights.All(weight => weight >= 0) && (grpo.RewardWeights.Count == 0 || grpo.RewardWeights.Any(weight => weight > 0)), "grpo.reward_weights", "give numbers of 0 or more, not all 0");
        check.That(grpo.RewardWarmupSteps.Count is 0 || grpo.RewardWarmupSteps.Count == rewards.Count, "grpo.reward_warmup_steps", $"give {order}, or leave it out; given were {grpo.RewardWarmupSteps.Count}");
        check.That(grpo.RewardWarmupSteps.All(steps => steps >= 0), "grpo.reward_warmup_steps", "give numbers of steps, 0 or more");
        check.That(grpo.RewardWarmupSteps.Count == 0 || grpo.RewardWarmupSteps.Any(steps => steps == 0), "grpo.reward_warmup_steps", "at least one reward must count from the start (0): at the first step the others are 0, and nothing would be learnt from");
    }

    private static void Reference(SpecCheck check, GrpoSettings grpo)
    {
        if (!grpo.SyncRefModel)
            return;
        check.That(grpo.Beta > 0, "grpo.sync_ref_model", "without beta there is no reference model to move; give beta a number above 0, or leave this out");
        check.That(grpo.Lora is null, "grpo.sync_ref_model", "with lora the reference is the model without its adapter, which cannot be moved; leave one of them out");
        check.That(grpo.RefModelMixupAlpha is > 0 and <= 1, "grpo.ref_model_mixup_alpha", $"give a number above 0 and at most 1 (the policy itself); given was {grpo.RefModelMixupAlpha}");
        check.That(grpo.RefModelSyncSteps >= 1, "grpo.ref_model_sync_steps", $"give 1 or more; given was {grpo.RefModelSyncSteps}");
    }

    private static void Sampler(SpecCheck check, GrpoSettings grpo)
    {
        check.OneOf(grpo.SamplerCorrection, "grpo.sampler_correction", "none", "token_truncate", "token_mask", "sequence_truncate", "sequence_mask");
        check.That(grpo.SamplerCorrectionMax >= 1 && double.IsFinite(grpo.SamplerCorrectionMax), "grpo.sampler_correction_max", $"give 1 or more, such as 3; given was {grpo.SamplerCorrectionMax}");
        check.That(!grpo.ReplaySampling || grpo.TopK > 0 || grpo.TopP < 1, "grpo.replay_sampling", "nothing is cut from the draw: give top_k above 0 or top_p below 1, or leave this out");
        check.That(!grpo.ReplaySampling || grpo.Beta == 0, "grpo.replay_sampling", "the reference policy has not drawn from the kept tokens, so there is no KL to it; give beta: 0");
        check.That(!grpo.ReplaySampling || grpo.Eos == "any", "grpo.replay_sampling", "the padding that eos: reference keeps in the loss was never drawn; give eos: any");
        if (grpo.Server is not { } server)
            return;
        ServerChecks.Check(server, "grpo.server", check);
        ServerChecks.CheckWeights(server, grpo, check);
        check.That(!grpo.ReplaySampling, "grpo.replay_sampling", "a server does not tell which tokens it left in the draw; leave this out");
        check.That(grpo.Temperature == 1, "grpo.temperature", $"servers report log-probabilities before or after the temperature, as they please; with grpo.server give 1; given was {grpo.Temperature}");
    }

    private static void Trained(SpecCheck check, string at, LoraSpec? lora, IReadOnlyList<string> freeze, string optimizerDevice)
    {
        check.OneOf(optimizerDevice, $"{at}.optimizer_device", "device", "host");
        check.That(freeze.All(pattern => pattern.Trim('*').Length > 0), $"{at}.freeze", "give parts of names such as visual., or patterns such as *.layers.0.*; an empty one would freeze everything");
        if (lora is null)
            return;
        check.That(freeze.Count == 0, $"{at}.freeze", "with lora the weights stay as they are anyway; leave freeze out, and choose layers by lora.target_modules");
        check.That(lora.Rank is >= 1 and <= 1024, $"{at}.lora.rank", $"give 1 to 1024, such as 16; given was {lora.Rank}");
        check.That(lora.Alpha > 0 && lora.Alpha <= 1e6, $"{at}.lora.alpha", $"give a number above 0, such as twice the rank; given was {lora.Alpha}");
        check.That(lora.TargetModules.Count > 0 && lora.TargetModules.All(name => !string.IsNullOrWhiteSpace(name)), $"{at}.lora.target_modules", "name at least one layer, such as q_proj");
    }

    public static void Check(ScriptedSettings scripted, SpecCheck check)
    {
        check.That(scripted.Steps is >= 1 and <= 10_000_000, "scripted.steps", $"give 1 to 10000000; given was {scripted.Steps}");
        check.That(scripted.StepMilliseconds is >= 0 and <= 60_000, "scripted.step_milliseconds", $"give 0 to 60000; given was {scripted.StepMilliseconds}");
        check.That(scripted.FinalRecall is >= 0 and <= 1, "scripted.final_recall", $"give 0 to 1; given was {scripted.FinalRecall}");
        check.That(scripted.FailAtStep is null or >= 1, "scripted.fail_at_step", $"give 1 or more, or leave it out; given was {scripted.FailAtStep}");
    }

    private static void Optimizer(SpecCheck check, string at, double learningRate, string schedule, double warmup, double clip, double decay, double beta2, string precision)
    {
        check.That(learningRate > 0 && learningRate < 10, $"{at}.learning_rate", $"give a number above 0, such as 1e-5; given was {learningRate}");
        check.OneOf(schedule, $"{at}.schedule", "linear", "cosine", "constant");
        check.That(warmup is >= 0 and <= 1, $"{at}.warmup_ratio", $"give the share of steps, 0 to 1; given was {warmup}");
        check.That(clip > 0, $"{at}.max_grad_norm", $"give a number above 0, such as 1; given was {clip}");
        check.That(decay is >= 0 and < 1, $"{at}.weight_decay", $"give 0 to 1; given was {decay}");
        check.That(beta2 > 0 && beta2 < 1, $"{at}.adam_beta2", $"give a number between 0 and 1, such as 0.999; given was {beta2}");
        check.OneOf(precision, $"{at}.precision", "float32", "bfloat16");
    }

    private static void Length(SpecCheck check, string at, double? epochs, int? steps)
    {
        check.That((epochs is null) != (steps is null), $"{at}.epochs", "give exactly one of epochs and max_steps");
        check.That(epochs is null or (> 0 and < 10_000), $"{at}.epochs", $"give a number above 0; given was {epochs}");
        check.That(steps is null or >= 1, $"{at}.max_steps", $"give 1 or more; given was {steps}");
    }

    private static void MicroBatch(SpecCheck check, string at, int? micro, long batch, string batchName)
    {
        if (micro is { } size)
            check.That(size >= 1 && size <= batch && batch % size == 0, $"{at}.micro_batch_size", $"give a number that divides {batchName} ({batch}); given was {size}");
    }
}
