using SggLab.Contracts.Api;
using SggLab.Web.Look;

namespace SggLab.Web.Experiments;

/// <summary>A comparison worth offering for an experiment.</summary>
public sealed record ComparisonChoice(string Text, IReadOnlyList<string> Runs)
{
    private const int Most = 50;

    /// <summary>The variants of one seed side by side, and all of them where there are more seeds.</summary>
    public static IReadOnlyList<ComparisonChoice> Of(IReadOnlyList<RunSummary> runs)
    {
        var variants = runs.Where(run => run.Variant is not null && run.State is not "cancelled").OrderBy(run => run.Seed).ThenBy(run => VariantLook.Of(run).Order).Take(Most).ToList();
        if (variants.Count < 2)
            return runs.Count < 2 ? [] : [new("Compare the runs", [.. runs.Take(Most).Select(run => run.Id)])];
        var seeds = variants.GroupBy(run => run.Seed).ToList();
        var all = new ComparisonChoice(seeds.Count == 1 ? "Compare the variants" : $"Compare all {variants.Count} runs", [.. variants.Select(run => run.Id)]);
        return seeds.Count == 1 || seeds[0].Count() < 2 ? [all] : [new($"Compare the variants, seed {seeds[0].Key}", [.. seeds[0].Select(run => run.Id)]), all];
    }
}
