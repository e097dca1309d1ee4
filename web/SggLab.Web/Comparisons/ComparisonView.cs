using SggLab.Contracts.Api;
using SggLab.Web.Evaluations;
using SggLab.Web.Look;

namespace SggLab.Web.Comparisons;

/// <summary>A run with the colour and dash it has in every chart and table of the comparison.</summary>
public sealed record ComparedLine(RunSummary Run, string Label, VariantLook Look, int Dash);

/// <summary>A run's last evaluation beside the first run's.</summary>
public sealed record FinalRow(ComparedLine Line, EvaluationSummary Evaluation, Difference? OverFirst);

/// <summary>The compare page without its curves: pure, from what the query answered.</summary>
public sealed record ComparisonView(IReadOnlyList<ComparedLine> Lines, IReadOnlyList<FinalRow> Finals, IReadOnlyList<VariantMean> Means,
    IReadOnlyList<PredicateColumn> Predicates, IReadOnlyList<SettingDifference> Settings)
{
    public const int MostRuns = 50;
    /// <summary>Bars of more columns than that cannot be told apart.</summary>
    private const int MostColumns = 6;

    public static ComparisonView Empty { get; } = new([], [], [], [], []);

    public static ComparisonView Of(RunComparison comparison)
    {
        var lines = LinesOf(comparison.Runs);
        List<FinalRow> finals = [.. lines.SelectMany(line => comparison.Evaluations.Where(final => final.RunId == line.Run.Id).Select(final => new FinalRow(line, final.Evaluation, final.OverFirst)))];
        return new ComparisonView(lines, finals, VariantMean.Of(finals), Columns(finals), comparison.Settings);
    }

    /// <summary>Runs of one look differ by their dash. A label says no more than it must: the variant, its seed where there are several, else the run's name.</summary>
    private static List<ComparedLine> LinesOf(IReadOnlyList<RunSummary> runs)
    {
        var seen = new Dictionary<string, int>();
        var oneExperiment = runs.Select(run => run.ExperimentId).Distinct().Count() == 1;
        var lines = new List<ComparedLine>();
        foreach (var run in runs)
        {
            var look = VariantLook.Of(run);
            var dash = seen[look.Key] = seen.GetValueOrDefault(look.Key, -1) + 1;
            var alike = runs.Where(other => VariantLook.Of(other).Label == look.Label).ToList();
            var label = !oneExperiment ? $"{run.Name} ({run.Experiment})" : alike.Count == 1 ? look.Label
                : alike.Select(other => other.Seed).Distinct().Count() == alike.Count ? $"{look.Label}, seed {run.Seed}" : run.Name;
            lines.Add(new ComparedLine(run, label, look, dash));
        }
        return lines;
    }

    /// <summary>A column a run; where seeds make that too many, a column a variant with the mean of its seeds.</summary>
    private static IReadOnlyList<PredicateColumn> Columns(IReadOnlyList<FinalRow> finals)
    {
        var measured = finals.Where(final => final.Evaluation.PerPredicate.Count > 0).ToList();
        var variants = measured.GroupBy(final => final.Line.Look).ToList();
        if (measured.Count <= MostColumns && variants.Count == measured.Count || measured.Count <= 3)
            return [.. measured.Select(final => new PredicateColumn(final.Line.Label, final.Line.Look, final.Evaluation.PerPredicate))];
        return [.. variants.Take(MostColumns).Select(variant => new PredicateColumn($"{variant.Key.Label}, mean of {variant.Count()}", variant.Key, variant
            .SelectMany(final => final.Evaluation.PerPredicate).GroupBy(recall => recall.Key).ToDictionary(recall => recall.Key, recall => recall.Average(one => one.Value))))];
    }
}
