using SggLab.Contracts.Api;

namespace SggLab.Web.Leaderboards;

/// <summary>A line of the board: a ranked entry, or a published figure for orientation.</summary>
public sealed record BoardRow(LeaderboardRow? Ranked, PublishedRow? Published)
{
    /// <summary>Published figures stand where their recall puts them, without a rank; in another order than that of the ranks, after all others.</summary>
    public static IReadOnlyList<BoardRow> Arrange(IReadOnlyList<LeaderboardRow> ranked, IReadOnlyList<PublishedRow> published, BoardSort? sort = null)
    {
        if (ranked.Count == 0)
            return [];
        if (sort is not null && sort != BoardSort.ByRank)
            return [.. sort.Apply(ranked).Select(row => new BoardRow(row, null)), .. published.OrderByDescending(row => row.Recall).Select(row => new BoardRow(null, row))];
        var rows = new List<BoardRow>();
        var waiting = new Queue<PublishedRow>(published.Where(row => row.Recall is not null).OrderByDescending(row => row.Recall));
        foreach (var entry in ranked)
        {
            while (waiting.TryPeek(out var row) && row.Recall > entry.Recall)
                rows.Add(new BoardRow(null, waiting.Dequeue()));
            rows.Add(new BoardRow(entry, null));
        }
        rows.AddRange(waiting.Select(row => new BoardRow(null, row)));
        return rows;
    }

    /// <summary>The end of the bars' scale.</summary>
    public static double Top(IReadOnlyList<BoardRow> rows) => rows.Count == 0 ? 1 : Math.Max(0.02, rows.Max(row =>
        row.Ranked is { } entry ? Math.Max(entry.Recall, double.IsFinite(entry.RecallHigh) ? entry.RecallHigh : 0) : row.Published?.Recall ?? 0));
}
