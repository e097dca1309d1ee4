using SggLab.Contracts.Api;

namespace SggLab.Web.Runs;

/// <summary>An order of the run table as its address holds it: a column, with a minus in front for downwards.</summary>
public sealed record RunSort(string Column, bool Down)
{
    public const string Name = "name", State = "state", Variant = "variant", Seed = "seed", Progress = "progress", Reward = "reward", Queued = "queued";

    public static RunSort Newest { get; } = new(Queued, true);

    private static readonly string[] s_columns = [Name, State, Variant, Seed, Progress, Reward, Queued];

    public static RunSort Parse(string? text) =>
        text?.TrimStart('-') is { } column && s_columns.Contains(column) ? new(column, text[0] == '-') : Newest;

    /// <summary>For the address; null for the order a page has without one.</summary>
    public string? Text => this == Newest ? null : (Down ? "-" : "") + Column;

    /// <summary>What a click on a column's head gives: that column, or the other direction.</summary>
    public RunSort Next(string column) => Column == column ? this with { Down = !Down } : new(column, column is Queued or Reward or Progress);

    public IReadOnlyList<RunSummary> Apply(IReadOnlyList<RunSummary> runs)
    {
        IEnumerable<RunSummary> up = Column switch
        {
            Name => runs.OrderBy(run => run.Name, StringComparer.OrdinalIgnoreCase),
            State => runs.OrderBy(run => run.State, StringComparer.Ordinal),
            Variant => runs.OrderBy(run => Look.VariantLook.Of(run).Order),
            Seed => runs.OrderBy(run => run.Seed),
            Progress => runs.OrderBy(run => RunText.Share(run) ?? -1),
            Reward => runs.OrderBy(run => RunText.SignalValue(run) ?? double.NegativeInfinity),
            _ => runs.OrderBy(run => run.QueuedAt),
        };
        return [.. Down ? up.Reverse() : up];
    }
}
