namespace SggLab.Contracts.Specs;

/// <summary>Bounds of each method's settings.</summary>
internal static class SettingsChecks
{
    public static void Check(SftSettings sft, SpecCheck check)
    {
        Optimizer(check, "sft", sft.LearningRate, sft.Schedule, sft.WarmupRatio, sft.MaxGradNorm, sft.WeightDecay, sft.AdamBeta2, sft.Precision);
        Length(check, "sft", sft.Epochs, sft.MaxSteps);
        check.That(sft.BatchSize is >= 1 and <= 65536, "sft.batch_size", $"give 1 to 65536; given was {sft.BatchSize}");
        MicroBatch(check, "sft", sft.MicroBatchSize, sft.BatchSize, "batch_size");
        check.OneOf(sft.Answer, "sft.answer", "fence", "tags");
        check.OneOf(sft.Labels, "sft.labels", "answer", "reference");
    }

    public static void Check(GrpoSettings grpo, SpecCheck check)
    {
        Optimizer(check, "grpo", grpo.LearningRate, grpo.Schedule, grpo.WarmupRatio, grpo.MaxGradNorm, grpo.WeightDecay, grpo.AdamBeta2, grpo.Precision);
        Length(check, "grpo", grpo.Epochs, grpo.MaxSteps);
        check.That(grpo.PromptsPerStep is >= 1 and <= 65536, "grpo.prompts_per_step", $"give 1 to 65536; given was {grpo.PromptsPerStep}");
        check.That(grpo.GroupSize is >= 2 and <= 1024, "grpo.group_size", $"give 2 to 1024: a group of one has no spread, so no advantage; given was {grpo.GroupSize}");
        check.That(grpo.MaxCompletionTokens is >= 1 and <= 32768, "grpo.max_completion_tokens", $"give 1 to 32768; given was {grpo.MaxCompletionTokens}");
        check.That(grpo.Temperature > 0 && grpo.Temperature <= 100, "grpo.temperature", $"give a number above 0, such as 1; given was {grpo.Temperature}");
        check.That(grpo.TopP > 0 && grpo.TopP <= 1, "grpo.top_p", $"give a number above 0 and at most 1; given was {grpo.TopP}");
        check.That(grpo.TopK >= 0, "grpo.top_k", $"give 0 (off) or more; given was {grpo.TopK}");
        check.That(grpo.Beta >= 0 && grpo.Beta <= 100, "grpo.beta", $"give 0 (no reference model) or more; given was {grpo.Beta}");
        check.That(grpo.Epsilon > 0 && grpo.Epsilon < 1, "grpo.epsilon", $"give a number between 0 and 1, such as 0.2; given was {grpo.Epsilon}");
        check.OneOf(grpo.Loss, "grpo.loss", "bnpo", "grpo", "dr_grpo");
        check.That(grpo.Iterations is >= 1 and <= 100, "grpo.iterations", $"give 1 to 100; given was {grpo.Iterations}");
        check.OneOf(grpo.Normalisation, "grpo.normalisation", "global", "micro_batch");
        check.That(grpo.EpsilonHigh is null or (> 0 and < 10), "grpo.epsilon_high", $"give a number above 0, or leave it out for epsilon; given was {grpo.EpsilonHigh}");
        check.OneOf(grpo.ImportanceSampling, "grpo.importance_sampling", "token", "sequence");
        check.OneOf(grpo.ScaleRewards, "grpo.scale_rewards", "group", "batch", "none");
        check.That(grpo.KeepRolloutsEvery >= 0, "grpo.keep_rollouts_every", $"give 0 (none) or more; given was {grpo.KeepRolloutsEvery}");
        check.That(grpo.Similarity is "spacy-sm" or "exact" || grpo.Similarity.StartsWith("vectors:", StringComparison.Ordinal) && grpo.Similarity.Length > 8,
            "grpo.similarity", $"give spacy-sm, exact or vectors:FILE; given was '{grpo.Similarity}'");
        MicroBatch(check, "grpo", grpo.MicroBatchSize, grpo.PromptsPerStep * (long)grpo.GroupSize, "prompts_per_step * group_size");
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
