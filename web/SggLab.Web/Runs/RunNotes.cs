using SggLab.Contracts.Api;
using SggLab.Web.Look;

namespace SggLab.Web.Runs;

/// <summary>What one should know of a run, in words.</summary>
/// <param name="Tone">bad, or hint.</param>
public sealed record RunNote(string Tone, string Text);

public static class RunNotes
{
    private const double ManyEqualGroups = 0.5, ManyCut = 0.2;

    public static IReadOnlyList<RunNote> Of(RunDetail run)
    {
        var notes = new List<RunNote>();
        if (run.Run.Message is { Length: > 0 } message)
            notes.Add(new RunNote(run.Run.State == "failed" ? "bad" : "hint", message));
        if (run.Waits is { } waits)
            notes.Add(new RunNote("hint", waits));
        var metrics = run.Run.LastMetrics;
        if (metrics.FirstOrDefault(metric => !double.IsFinite(metric.Value)) is { Key: { } broken })
            notes.Add(new RunNote("bad", $"{broken} is no longer a number. Lower the learning rate, or look at the gradient norm before it."));
        if (metrics.TryGetValue("frac_reward_zero_std", out var equal) && equal > ManyEqualGroups)
            notes.Add(new RunNote("hint", $"{Numbers.Percent(equal)} of the groups teach nothing: all their rollouts have one reward."));
        if (metrics.TryGetValue("completions/clipped_ratio", out var cut) && cut > ManyCut)
            notes.Add(new RunNote("hint", $"{Numbers.Percent(cut)} of the answers reach the longest length and are cut off."));
        if (run.Run.Attempt > 1)
            notes.Add(new RunNote("hint", $"This is attempt {run.Run.Attempt}; steps that were rolled back are not in the curves."));
        return notes;
    }
}
