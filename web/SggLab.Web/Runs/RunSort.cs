using SggLab.Contracts.Api;

namespace SggLab.Web.Runs;

/// <summary>An order of the run table as its address holds it: a column, with a minus in front for downwards.</summary>
public sealed record RunSort(string Column, bool Down)
{
    public const string Name = "name", State = "state", Variant = "variant", Seed = "seed", Progress = "progress", Reward = "reward", Recall = "recall", Queued = "queued";

    public static RunSort Newest { get; } = new(Queued, true);

    private static readonly string[] s_columns = [Name, State, Variant, Seed, Progress, Reward, Recall, Queued];

    public static RunSort Parse(string? text) =>
        text?.TrimStart('-') is { } column && s_columns.Contains(column) ? new(column, text[0] == '-') : Newest;

    /// <summary>For the address; null for the order a page has without one.</summary>
    public string? Text => this == Newest ? null : (Down ? "-" : "") + Column;

    /// <summary>What a click on a column's head gives: that column, or the other direction.</summary>
    public RunSort Next(string column) => Column == column ? this with { Down = !Down } : new(column, column is Queued or Reward or Recall or Progress);

    /// <summary>Equals keep the order they came in: that of their experiment's file.</summary>
    public IReadOnlyList<RunSummary> Apply(IReadOnlyList<RunSummary> runs, IReadOnlyDictionary<string, double>? recalls = null) => Column switch
    {
        Name => By(runs, run => run.Name, StringComparer.OrdinalIgnoreCase),
        State => By(runs, run => run.State, StringComparer.Ordinal),
        Variant => By(runs, run => Look.VariantLook.Of(run).Order),
        Seed => By(runs, run => run.Seed),
        Progress => By(runs, run => RunText.Share(run) ?? -1),
        Reward => By(runs, run => RunText.SignalValue(run) ?? double.NegativeInfinity),
        Recall => By(runs, run => recalls?.GetValueOrDefault(run.Id, -1) ?? -1),
        _ => ByExperiment(runs),
    };

    /// <summary>Runs of one experiment stay together: they were queued in one breath.</summary>
    private IReadOnlyList<RunSummary> ByExperiment(IReadOnlyList<RunSummary> runs)
    {
        var queued = runs.GroupBy(run => run.ExperimentId).ToDictionary(experiment => experiment.Key, experiment => experiment.Min(run => run.QueuedAt));
        return By(runs, run => queued[run.ExperimentId]);
    }

    private IReadOnlyList<RunSummary> By<T>(IReadOnlyList<RunSummary> runs, Func<RunSummary, T> key, IComparer<T>? comparer = null) =>
        [.. Down ? runs.OrderByDescending(key, comparer) : runs.OrderBy(key, comparer)];
}
