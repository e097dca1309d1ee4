using SggLab.Contracts.Api;

namespace SggLab.Web.Experiments;

/// <summary>A part of an experiment's bar.</summary>
/// <param name="Runs">How many runs it is worth; a running run counts by the share of its steps that is done.</param>
public sealed record ProgressPart(double Runs, string Tone)
{
    /// <summary>What is completed, done of the running, failed, cancelled and still to do; together all runs.</summary>
    public static IReadOnlyList<ProgressPart> Of(ExperimentSummary experiment)
    {
        var running = Math.Clamp(experiment.RunningShare, 0, experiment.Running);
        return [new(experiment.Completed, "good"), new(running, "run"), new(experiment.Failed - experiment.Cancelled, "bad"), new(experiment.Cancelled, "cancelled"), new(Math.Max(0, experiment.Runs - experiment.Completed - running - experiment.Failed), "off")];
    }
}
