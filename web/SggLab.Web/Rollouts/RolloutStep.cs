using System.Globalization;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;

namespace SggLab.Web.Rollouts;

/// <summary>A step whose rollouts were kept: their summary, and the shard that holds them.</summary>
public sealed record RolloutStep(long Event, int Attempt, RolloutsRecord Record)
{
    public int Step => Record.Step;

    /// <summary>One a step, rising: what the newest attempt that reached it kept. Steps that a later attempt went back behind are left out until it comes by again.</summary>
    /// <param name="events">Of type rollouts_recorded, in any order.</param>
    public static IReadOnlyList<RolloutStep> Of(IEnumerable<EventItem> events, IReadOnlyList<AttemptSummary> attempts) =>
    [
        .. events.Where(item => item.Superseded != true).Select(Read).OfType<RolloutStep>()
            .Where(step => attempts.All(later => later.Number <= step.Attempt || step.Step <= later.ResumedStep))
            .GroupBy(step => step.Step).Select(same => same.MaxBy(step => step.Event)!).OrderBy(step => step.Step),
    ];

    /// <summary>The step asked for, or the kept one nearest to it, or the newest.</summary>
    public static RolloutStep? Choose(IReadOnlyList<RolloutStep> steps, int? asked) =>
        asked is { } step ? steps.MinBy(kept => Math.Abs((long)kept.Step - step)) : steps.Count > 0 ? steps[^1] : null;

    private static RolloutStep? Read(EventItem item)
    {
        // attempt-RUN-NUMBER
        if (!int.TryParse(item.Stream.AsSpan(item.Stream.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt))
            return null;
        try
        {
            return item.Data.Deserialize<RolloutsRecord>(LabJson.Options) is { Shard: not null } record ? new RolloutStep(item.Sequence, attempt, record) : null;
        }
        catch (JsonException)
        {
            return null; // a worker of another version: its event is on the Events tab as it came
        }
    }
}
