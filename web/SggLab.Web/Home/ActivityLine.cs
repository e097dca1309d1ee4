using System.Text.RegularExpressions;
using SggLab.Contracts.Api;

namespace SggLab.Web.Home;

/// <summary>What happened, with the times that the same happened before folded into it: a run that saves a checkpoint a minute is one line.</summary>
/// <param name="Earlier">How many older items say the same but for their numbers.</param>
public sealed partial record ActivityLine(ActivityItem Item, int Earlier)
{
    /// <param name="items">Newest first.</param>
    public static IReadOnlyList<ActivityLine> Fold(IReadOnlyList<ActivityItem> items, int most) =>
        [.. items.GroupBy(item => (item.By, item.RunId, item.ExperimentId, Text: Numbers().Replace(item.Text, "#"))).Select(same => new ActivityLine(same.First(), same.Count() - 1)).Take(most)];

    [GeneratedRegex(@"\d+")]
    private static partial Regex Numbers();
}
