using SggLab.Tracking.Leaderboards;
using SggLab.Web.Look;

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

    /// <summary>Says that a board goes on, and how to see the rest; null where all of it is shown.</summary>
    public static string? Cut(int shown, int total, bool ofExperiment) => shown >= total ? null
        : $"These are the best {Numbers.Count(shown)} of {Numbers.Count(total)} entries{(ofExperiment ? " of this experiment; its page lists all of its runs" : "; choose an experiment above to see its own, further down too")}. Ranks count all of the board.";
}
