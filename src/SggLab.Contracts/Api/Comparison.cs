namespace SggLab.Contracts.Api;

/// <summary>2 to 50 runs side by side, in the order asked.</summary>
public sealed record RunComparison(IReadOnlyList<RunSummary> Runs, IReadOnlyList<SettingDifference> Settings, IReadOnlyList<ComparedEvaluation> Evaluations);

/// <summary>A setting whose value is not the same in all runs; Values in the runs' order, null = not set. Path as in grpo.group_size.</summary>
public sealed record SettingDifference(string Path, IReadOnlyList<string?> Values);

/// <summary>The last evaluation of each run under one protocol. OverFirst: recall minus the first run's, paired bootstrap over the same images.</summary>
public sealed record ComparedEvaluation(string RunId, EvaluationSummary Evaluation, Difference? OverFirst);
