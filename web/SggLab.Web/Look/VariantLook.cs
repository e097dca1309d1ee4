using SggLab.Contracts.Api;

namespace SggLab.Web.Look;

/// <summary>
/// What a run stands for, in the one colour it has on every page. The colours are CSS variables (--variant-KEY in site.css), chosen from
/// Okabe and Ito's set so that they stay apart for colour-blind eyes, with a lighter set for the dark theme.
/// </summary>
/// <param name="Key">hard, relax, soft, sft, untrained or other: the name of the colour.</param>
/// <param name="Order">Order in legends and tables.</param>
public sealed record VariantLook(string Key, string Label, int Order)
{
    public static readonly VariantLook
        Hard = new("hard", "Hard Recall", 0),
        Relax = new("relax", "Hard Recall + Relax", 1),
        Soft = new("soft", "Soft Recall", 2),
        Sft = new("sft", "SFT", 3),
        Untrained = new("untrained", "Untrained", 4),
        Other = new("other", "Other", 5);

    public static IReadOnlyList<VariantLook> All { get; } = [Hard, Relax, Soft, Sft, Untrained, Other];

    public string Colour => $"var(--variant-{Key})";

    /// <param name="step">The checkpoint's step, where a figure belongs to one: step 0 is the untrained model, whatever the run goes on to do.</param>
    public static VariantLook Of(string method, string? variant, int? step = null) => (variant, method.ToLowerInvariant()) switch
    {
        ("hard_recall", _) => Hard,
        ("hard_recall_relax", _) => Relax,
        ("soft_recall", _) => Soft,
        (_, "sft") => step == 0 ? Untrained : Sft,
        (_, "evaluate") => Untrained,
        ({ Length: > 0 } named, _) => Other with { Label = named },
        _ => Other with { Label = Method(method) },
    };

    /// <summary>A row of step 0 without anything it started from is the untrained model, whatever its run went on to do.</summary>
    public static VariantLook Of(LeaderboardRow row) => row is { Step: 0, OverStart: null } ? Untrained : Of(row.Method, row.Variant, row.Step);

    public static VariantLook Of(RunSummary run) => Of(run.Method, run.Variant);

    public static string Method(string method) => method.ToLowerInvariant() switch
    {
        "sft" => "SFT",
        "grpo" => "GRPO",
        "evaluate" => "Evaluation",
        "scripted" => "Scripted",
        _ => method,
    };
}
