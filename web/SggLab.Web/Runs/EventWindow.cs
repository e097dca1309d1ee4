using SggLab.Contracts.Api;

namespace SggLab.Web.Runs;

/// <summary>The part of a stream that a page holds, newest first; it never grows past <see cref="Most"/>, whatever a long run logs.</summary>
public sealed record EventWindow(IReadOnlyList<EventItem> Events, bool HasOlder)
{
    public const int Most = 5000;

    public static EventWindow Empty { get; } = new([], true);

    public long Newest => Events is [var first, ..] ? first.Sequence : 0;
    public long Oldest => Events is [.., var last] ? last.Sequence : long.MaxValue;

    /// <param name="older">Newest first, all before <see cref="Oldest"/>.</param>
    /// <param name="asked">How many were asked for: fewer means that there are no more.</param>
    public EventWindow WithOlder(IReadOnlyList<EventItem> older, int asked) =>
        new([.. Events.Concat(older).Take(Most)], older.Count >= asked && Events.Count + older.Count <= Most);

    /// <param name="newer">Oldest first, all after <see cref="Newest"/>; what no longer fits leaves at the old end.</param>
    public EventWindow WithNewer(IReadOnlyList<EventItem> newer) => newer.Count == 0 ? this
        : new([.. newer.Where(item => item.Sequence > Newest).Reverse().Concat(Events).Take(Most)], HasOlder || Events.Count + newer.Count > Most);
}
