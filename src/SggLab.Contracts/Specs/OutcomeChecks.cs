namespace SggLab.Contracts.Specs;

/// <summary>Bounds of what a run keeps, evaluates on the way, and stops at.</summary>
internal static class OutcomeChecks
{
    public static void Check(RunSpec spec, SpecCheck check)
    {
        check.OneOf(spec.Checkpoints.Kind, "checkpoints.kind", "full", "weights");
        check.That(spec.Checkpoints.KeepGb is null or > 0, "checkpoints.keep_gb", $"give a number above 0, or leave it out; given was {spec.Checkpoints.KeepGb}");
        Evaluations(spec, check);
        Choice(spec, check);
        for (var i = 0; i < spec.Guards.Count; i++)
            Guard(spec.Guards[i], $"guards[{i}]", spec.Evaluation.EverySteps is not null, check);
    }

    private static void Evaluations(RunSpec spec, SpecCheck check)
    {
        check.That(spec.Evaluation.EverySteps is null or >= 1, "evaluation.every_steps", $"give 1 or more, or leave it out; given was {spec.Evaluation.EverySteps}");
        check.OneOf(spec.Evaluation.Precision, "evaluation.precision", "float32", "bfloat16");
        check.That(spec.Evaluation.Slice >= 1, "evaluation.slice", $"give 1 or more; given was {spec.Evaluation.Slice}");
        if (spec.Evaluation.EverySteps is not null && spec.Method is RunMethod.Sft or RunMethod.Grpo)
            check.That(!string.IsNullOrEmpty(spec.Data.Validation), "data.validation", "evaluation.every_steps evaluates a slice of it; name a parquet file or folder that neither teaches nor ranks");
        if (spec.Evaluation.Server is not { } server)
            return;
        check.That(spec.Method == RunMethod.Evaluate, "evaluation.server", "a server holds its own weights, not those that this run trains; only a run of method evaluate can ask one");
        ServerChecks.Check(server, "evaluation.server", check);
    }

    private static void Choice(RunSpec spec, SpecCheck check)
    {
        check.OneOf(spec.Checkpoints.Choose, "checkpoints.choose", "last", "best");
        check.OneOf(spec.Checkpoints.ChooseBy, "checkpoints.choose_by", "recall", "mean_recall");
        if (spec.Checkpoints.Choose != "best" || spec.Method is not (RunMethod.Sft or RunMethod.Grpo))
            return;
        check.That(spec.Evaluation.EverySteps is not null, "checkpoints.choose", "the best is told by evaluations on the way; give evaluation.every_steps");
        check.That(spec.Data.Validation != spec.Data.Test || string.IsNullOrEmpty(spec.Data.Test), "data.validation", "the split that chooses must not be the one that ranks; name other images than data.test");
    }

    private static void Guard(GuardSettings guard, string at, bool evaluates, SpecCheck check)
    {
        check.That(evaluates || guard.Metric?.StartsWith("eval/", StringComparison.Ordinal) != true, $"{at}.metric", "figures of evaluations on the way need evaluation.every_steps");
        check.That(!string.IsNullOrWhiteSpace(guard.Metric), $"{at}.metric", "name a figure of the run, such as entropy or grad_norm");
        check.That(guard.Above is not null || guard.Below is not null, at, "give above, below or both");
        check.That(guard.Steps >= 1, $"{at}.steps", $"give 1 or more; given was {guard.Steps}");
    }
}
