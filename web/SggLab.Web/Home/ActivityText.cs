using SggLab.Contracts.Api;
using SggLab.Web.Queue;

namespace SggLab.Web.Home;

/// <summary>A stretch of an activity's text; where it names something, with that thing's address.</summary>
public sealed record ActivityPart(string Text, string? Address = null);

/// <summary>What happened, as a sentence with links.</summary>
public static class ActivityText
{
    private const string WorkerBy = "worker ", Queued = "queued experiment ", Saved = "saved a checkpoint", With = " with ";

    /// <summary>Who did it: a worker by the name it has on the other pages.</summary>
    public static string By(ActivityItem item, WorkerNames workers) =>
        item.By.StartsWith(WorkerBy, StringComparison.Ordinal) ? workers[item.By[WorkerBy.Length..]] : item.By;

    public static IReadOnlyList<ActivityPart> Parts(ActivityItem item)
    {
        // "worker ID came up" by that worker: once is enough.
        var text = item.Text.StartsWith(item.By + " ", StringComparison.Ordinal) ? item.Text[(item.By.Length + 1)..] : item.Text;
        if (item is { RunId: null, ExperimentId: { } experiment } && text.StartsWith(Queued, StringComparison.Ordinal) && text.LastIndexOf(With, StringComparison.Ordinal) is var end && end > Queued.Length)
            return [new(Queued), new(text[Queued.Length..end], LabUrls.Experiment(experiment)), new(text[end..])];
        if (item is not { RunId: { } run, Run: { Length: > 0 } name } || text.IndexOf(name, StringComparison.Ordinal) is not (>= 0 and var at))
            return [new(text)];
        var before = text[..at];
        var saved = item.Checkpoint is { } checkpoint && before.StartsWith(Saved, StringComparison.Ordinal)
            ? new[] { new ActivityPart("saved "), new ActivityPart("a checkpoint", LabUrls.Checkpoint(checkpoint)), new ActivityPart(before[Saved.Length..]) } : [new(before)];
        return [.. saved.Append(new(name, LabUrls.Run(run))).Append(new(text[(at + name.Length)..])).Where(part => part.Text.Length > 0)];
    }
}
