using SggLab.Tracking.Leaderboards;

namespace SggLab.Web.Leaderboards;

/// <summary>Which board an address means.</summary>
public static class BoardChoice
{
    public static string Key(Board board) => $"{board.Dataset}/{board.Split}/{board.ProtocolHash}";

    /// <summary>The board that fits what the address says; where that leaves several, the one with most entries. Null if none fits.</summary>
    /// <param name="protocol">A protocol's hash or name.</param>
    public static Board? Of(IReadOnlyList<Board> boards, string? dataset, string? split, string? protocol) =>
        boards.Where(board => (dataset is null || board.Dataset == dataset) && (split is null || board.Split == split)
                && (protocol is null || board.ProtocolHash == protocol || board.Protocol == protocol))
            .MaxBy(board => board.Entries);
}
