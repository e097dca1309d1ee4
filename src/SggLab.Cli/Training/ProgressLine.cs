using System.Globalization;
using SggLab.Contracts.Records;

namespace SggLab.Cli.Training;

/// <summary>A record as a line for people.</summary>
internal static class ProgressLine
{
    private static readonly string[] Shown = ["loss", "reward", "reward_std", "completions/mean_length", "kl", "grad_norm", "learning_rate", "step_time"];

    public static string? Of(object record) => record switch
    {
        StartedRecord started => Invariant($"started on {started.Device} with {started.Threads} threads; {started.TotalSteps} steps, from step {started.ResumedStep}"),
        MetricsRecord metrics => Metrics(metrics),
        CheckpointRecord checkpoint => Invariant($"checkpoint {checkpoint.Id} ({checkpoint.Kind}) at step {checkpoint.Step}, {checkpoint.Files.Sum(file => file.Bytes) / 1e6:F1} MB"),
        EvaluationRecord evaluation => Invariant($"evaluated {evaluation.Images} images of {evaluation.Dataset}/{evaluation.Split}: recall {evaluation.Recall:F4} [{evaluation.RecallLow:F4}, {evaluation.RecallHigh:F4}], mean recall {evaluation.MeanRecall:F4}, failures {evaluation.FailureRate:P1}"),
        LogRecord log => $"{log.Level}: {log.Text}",
        _ => null,
    };

    private static string? Metrics(MetricsRecord metrics)
    {
        var figures = Shown.Where(metrics.Series.ContainsKey).Select(name => (name, value: metrics.Series[name][^1])).Where(figure => figure.value is not null);
        var text = string.Join("  ", figures.Select(figure => Invariant($"{figure.name} {figure.value:G4}")));
        return text.Length == 0 ? null : Invariant($"step {metrics.Steps[^1]}  {text}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
