using System.Text.Json;
using SggLab.Contracts.Specs;

namespace SggLab.Web.Leaderboards;

/// <summary>A figure of the paper; rates are fractions, null where the paper gives none.</summary>
public sealed record PublishedRow(string Dataset, string Split, string Model, string Method, double? FailureRate, double? Ap50, double? Recall, double? MeanRecall, string Table);

/// <summary>The paper's tables, shown beside boards whose protocol measures the same thing.</summary>
public static class PublishedRows
{
    public const string Source = "arXiv 2504.13617";

    /// <summary>Longest answer of the paper's evaluation, in tokens.</summary>
    private const int ReferenceTokens = 2048;

    private static readonly Lazy<IReadOnlyList<PublishedRow>> s_all = new(Read);

    public static IReadOnlyList<PublishedRow> All => s_all.Value;

    /// <summary>
    /// Only where data set, split, closed prompt, box frame, image size, answer length and parser are the paper's; the system prompt is not asked, since the paper
    /// itself gives its SFT and RL models different ones.
    /// </summary>
    public static IReadOnlyList<PublishedRow> ComparableWith(Protocol? protocol) =>
        protocol is { Prompt: "closed", BoxFrame: "thousand", AnswerParser: "reference", MaxNewTokens: ReferenceTokens, MaxPixels: 1024 * 28 * 28 }
            ? [.. All.Where(row => row.Dataset == protocol.Dataset && row.Split == protocol.Split && row.Table == "main")] : [];

    private static IReadOnlyList<PublishedRow> Read()
    {
        using var stream = typeof(PublishedRows).Assembly.GetManifestResourceStream("paper-tables.json")
            ?? throw new InvalidOperationException("paper-tables.json is not part of the program.");
        using var document = JsonDocument.Parse(stream);
        return [.. document.RootElement.GetProperty("rows").EnumerateArray().Select(row => new PublishedRow(Text(row, "dataset"), Text(row, "split"), Text(row, "model"), Text(row, "method"),
            Rate(row, "failure_percent"), Rate(row, "ap50"), Rate(row, "recall"), Rate(row, "mean_recall"), Text(row, "table")))];
    }

    private static string Text(JsonElement row, string name) => row.GetProperty(name).GetString() ?? "";

    private static double? Rate(JsonElement row, string name) => row.GetProperty(name) is { ValueKind: JsonValueKind.Number } percent ? percent.GetDouble() / 100 : null;
}
