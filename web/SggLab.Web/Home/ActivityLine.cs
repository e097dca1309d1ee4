using System.Text.RegularExpressions;
using SggLab.Contracts.Api;

namespace SggLab.Web.Home;

/// <summary>What happened, with the times that the same happened before folded into it: a run that saves a checkpoint a minute is one line.</summary>
/// <param name="Earlier">How many older items say the same but for their numbers.</param>
public sealed partial record ActivityLine(ActivityItem Item, int Earlier)
{
    private const string Failed = " failed: ", Worker = "worker ";

    /// <param name="items">Newest first.</param>
    public static IReadOnlyList<ActivityLine> Fold(IReadOnlyList<ActivityItem> items, int most) =>
        [.. items.GroupBy(item => (By(item), item.RunId, item.ExperimentId, Text: Numbers().Replace(item.Text, "#"))).Select(same => Of(same.First(), same.Count())).Take(most)];

    /// <summary>A run that fails again and again does so on one worker after another.</summary>
    private static string By(ActivityItem item) => item.RunId is not null && item.By.StartsWith(Worker, StringComparison.Ordinal) ? Worker : item.By;

    private static ActivityLine Of(ActivityItem newest, int times) => times > 1 && newest.Run is { } run && newest.Text.StartsWith(run + Failed, StringComparison.Ordinal)
        ? new(newest with { Text = $"{run} failed {times} times: {newest.Text[(run.Length + Failed.Length)..]}" }, 0)
        : new(newest, times - 1);

    [GeneratedRegex(@"\d+")]
    private static partial Regex Numbers();
}
