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

    /// <summary>Why there is no curve to see, and what to do.</summary>
    public static string NoCurve(RunDetail run) => run switch
    {
        { Run.Method: "evaluate" } => "An evaluation trains nothing, so it draws no curve. Its figures are under Evaluations.",
        { Waits: { } waits } => waits,
        { Run.State: "queued" } => "The run waits for a free worker; the queue shows its place.",
        { Run.State: "waiting" } => "The run waits for the one it starts from.",
        { Run.State: "running" } => "The first values arrive with the first steps.",
        _ => "The run ended before it logged a value. Attempts and Log say how; Retry puts it back into the queue.",
    };

    public static string NoEvaluation(RunDetail run) => run switch
    {
        { Run.State: "completed" } => "Nothing was evaluated. Log says why.",
        { Run.State: "failed" or "cancelled" } => "The run ended before its weights were evaluated. Retry puts it back into the queue.",
        { Run.Method: "evaluate" } => "The figures come when the run completes.",
        _ => "The final weights are evaluated on data.test when the run completes.",
    };

    public static string NoCheckpoint(RunDetail run) => run switch
    {
        { Run.Method: "evaluate" } => "An evaluation saves no weights.",
        { Run.State: "completed" } => "The run saved none.",
        { Run.State: "failed" or "cancelled" } => "The run ended before it saved one. A smaller checkpoints.every_steps saves the first one sooner.",
        _ => "The first is saved after checkpoints.every_steps steps.",
    };

    /// <summary>The one number a list shows of a run: its reward, or else its loss.</summary>
    public static double? SignalValue(RunSummary run) => SignalName(run) is { } name ? run.LastMetrics[name] : null;

    public static string Signal(RunSummary run) => Numbers.Reading(SignalValue(run));

    public static string? SignalName(RunSummary run) => s_signals.FirstOrDefault(run.LastMetrics.ContainsKey);
}
