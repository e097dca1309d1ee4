using SggLab.Contracts.Api;
using SggLab.Web.Look;

namespace SggLab.Web.Runs;

/// <summary>A run in words and shares.</summary>
public static class RunText
{
    private static readonly string[] s_signals = ["reward", "loss"];

    /// <summary>Share of its steps that are done, 0..1; null while nobody knows how many there are.</summary>
    public static double? Share(RunSummary run) => run switch
    {
        { State: "completed" } => 1,
        { TotalSteps: > 0 and var total } => Math.Clamp((double)run.Step / total, 0, 1),
        _ => null,
    };

    public static string Steps(RunSummary run) => (run.TotalSteps, run.Step) switch
    {
        (0, _) => Numbers.Missing, // an evaluation trains nothing
        ({ } total, var step) => $"{Numbers.Count(step)} / {Numbers.Count(total)}",
        (null, > 0 and var step) => $"step {Numbers.Count(step)}",
        _ => Numbers.Missing,
    };

    public static string Took(RunSummary run, DateTimeOffset now) =>
        run.StartedAt is { } start && (run.FinishedAt ?? (run.State == "running" ? now : null)) is { } end ? Numbers.Duration(end - start) : Numbers.Missing;

    /// <summary>The time left at the pace so far; null before the pace is known.</summary>
    public static TimeSpan? Left(RunSummary run, DateTimeOffset now) =>
        run is { State: "running", StartedAt: { } start, TotalSteps: { } total, Step: > 0 and var step } && total > step && now > start
            ? (now - start) / step * (total - step) : null;

    /// <summary>The one number a list shows of a run: its reward, or else its loss.</summary>
    public static double? SignalValue(RunSummary run) => SignalName(run) is { } name ? run.LastMetrics[name] : null;

    public static string Signal(RunSummary run) => Numbers.Reading(SignalValue(run));

    public static string? SignalName(RunSummary run) => s_signals.FirstOrDefault(run.LastMetrics.ContainsKey);
}
