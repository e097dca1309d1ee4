using SggLab.Contracts.Api;
using SggLab.Web.Look;

namespace SggLab.Web.Experiments;

/// <summary>A final figure of an experiment: of one run, or of the untrained weights.</summary>
public sealed record Result(string Key, VariantLook Look, string RunId, int? Seed, double Recall, double Low, double High, Difference? Over, long Event)
{
    public static IReadOnlyList<Result> Of(IReadOnlyList<LeaderboardRow> rows) =>
    [
        .. rows.Select(row => new Result($"{row.RunId}/{row.Checkpoint}/{row.ProtocolHash}", VariantLook.Of(row), row.RunId, row.Method is "evaluate" ? null : row.Seed, row.Recall, row.RecallLow, row.RecallHigh, row.OverStart, row.Event))
            .OrderBy(Rank).ThenBy(result => result.Seed),
    ];

    /// <summary>As training goes: untrained, SFT, then the variants.</summary>
    private static int Rank(Result result) => result.Look.Order >= VariantLook.Sft.Order ? -result.Look.Order : result.Look.Order;
}
