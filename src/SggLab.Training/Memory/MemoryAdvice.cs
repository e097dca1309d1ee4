using SggLab.Contracts.Specs;

namespace SggLab.Training.Memory;

/// <summary>What to change where a run does not fit, with what each change would leave.</summary>
internal static class MemoryAdvice
{
    /// <summary>Single changes that lower the peak, the mildest first; then all of them together.</summary>
    /// <param name="budgetOf">The budget of a changed run.</param>
    public static IReadOnlyList<string> For(RunSpec spec, Func<RunSpec, MemoryBudget> budgetOf)
    {
        var peak = budgetOf(spec).Peak;
        var useful = Changes(spec).Select(change => (change.Text, change.Spec, budgetOf(change.Spec).Peak)).Where(change => change.Peak < 0.97 * peak).ToArray();
        List<string> advice = [.. useful.Select(change => $"{change.Text}: {MemoryBudget.Shown(change.Peak)}")];
        var (together, applied) = (spec, 0);
        foreach (var change in useful)
            if (Changes(together).FirstOrDefault(candidate => candidate.Text == change.Text) is { Spec: not null } again)
                (together, applied) = (again.Spec, applied + 1);
        if (applied > 1)
            advice.Add($"all of these: {MemoryBudget.Shown(budgetOf(together).Peak)}");
        return advice;
    }

    private static IEnumerable<(string Text, RunSpec Spec)> Changes(RunSpec spec)
    {
        if (spec.Sft is { } sft)
        {
            if (!sft.ActivationCheckpointing)
                yield return ("sft.activation_checkpointing: true", spec with { Sft = sft with { ActivationCheckpointing = true } });
            if ((sft.MicroBatchSize ?? sft.BatchSize) > 1)
                yield return ("sft.micro_batch_size: 1", spec with { Sft = sft with { MicroBatchSize = 1 } });
            if (sft.Precision == "float32")
                yield return ("sft.precision: bfloat16", spec with { Sft = sft with { Precision = "bfloat16" } });
            if (spec.Device == "cuda" && sft is { OptimizerDevice: "device", Lora: null })
                yield return ("sft.optimizer_device: host", spec with { Sft = sft with { OptimizerDevice = "host" } });
        }
        if (spec.Grpo is { } grpo)
        {
            if (!grpo.ActivationCheckpointing)
                yield return ("grpo.activation_checkpointing: true", spec with { Grpo = grpo with { ActivationCheckpointing = true } });
            if ((grpo.MicroBatchSize ?? grpo.PromptsPerStep * grpo.GroupSize) > 1)
                yield return ("grpo.micro_batch_size: 1", spec with { Grpo = grpo with { MicroBatchSize = 1 } });
            if (grpo.Precision == "float32")
                yield return ("grpo.precision: bfloat16", spec with { Grpo = grpo with { Precision = "bfloat16" } });
            if (spec.Device == "cuda" && grpo is { OptimizerDevice: "device", Lora: null })
                yield return ("grpo.optimizer_device: host", spec with { Grpo = grpo with { OptimizerDevice = "host" } });
        }
        if (spec.Evaluation.BatchSize > 8)
            yield return ("evaluation.batch_size: 8", spec with { Evaluation = spec.Evaluation with { BatchSize = 8 } });
    }
}
