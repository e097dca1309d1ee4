using SggLab.Contracts.Api;
using SggLab.Web.Look;

namespace SggLab.Web.Leaderboards;

/// <summary>An order of the board as its address holds it: a column, with a minus in front for downwards. The ranks stay those of the recall.</summary>
public sealed record BoardSort(string Column, bool Down)
{
    public const string Run = "run", Variant = "variant", Seed = "seed", Recall = "recall", Over = "over", MeanRecall = "mean-recall", Ap50 = "ap50", Failures = "failures", Images = "images";

    private static readonly string[] s_columns = [Run, Variant, Seed, Recall, Over, MeanRecall, Ap50, Failures, Images];

    public static BoardSort ByRank { get; } = new(Recall, true);

    public static BoardSort Parse(string? text) => text?.TrimStart('-') is { } column && s_columns.Contains(column) ? new(column, text[0] == '-') : ByRank;

    /// <summary>For the address; null for the order a board has without one.</summary>
    public string? Text => this == ByRank ? null : (Down ? "-" : "") + Column;

    /// <summary>Best first, where a figure has a best end.</summary>
    public BoardSort Next(string column) => Column == column ? this with { Down = !Down } : new(column, column is Recall or Over or MeanRecall or Ap50 or Images);

    public IReadOnlyList<LeaderboardRow> Apply(IReadOnlyList<LeaderboardRow> rows) => Column switch
    {
        Run => By(rows, row => row.Run, StringComparer.OrdinalIgnoreCase),
        Variant => By(rows, row => VariantLook.Of(row).Order),
        Seed => By(rows, row => row.Seed),
        Over => By(rows, row => row.OverStart?.Mean ?? double.NegativeInfinity),
        MeanRecall => By(rows, row => row.MeanRecall),
        Ap50 => By(rows, row => row.Ap50 ?? double.NegativeInfinity),
        Failures => By(rows, row => row.FailureRate),
        Images => By(rows, row => row.Images),
        _ => By(rows, row => -row.Rank),
    };

    private IReadOnlyList<LeaderboardRow> By<T>(IReadOnlyList<LeaderboardRow> rows, Func<LeaderboardRow, T> key, IComparer<T>? comparer = null) =>
        [.. Down ? rows.OrderByDescending(key, comparer) : rows.OrderBy(key, comparer)];
}
