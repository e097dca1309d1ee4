using SggLab.Web.Look;

namespace SggLab.Web.Evaluations;

/// <summary>The recall of one evaluation by predicate, with the colour it has in the bars.</summary>
public sealed record PredicateColumn(string Label, VariantLook Look, IReadOnlyDictionary<string, double> Recall);

/// <summary>A predicate and its recall in each column; null where a column has not measured it.</summary>
public sealed record PredicateRow(string Predicate, IReadOnlyList<double?> Values)
{
    /// <summary>How far apart the columns are on this predicate.</summary>
    public double Spread => Values.Max() - Values.Min() ?? 0;

    /// <summary>Largest difference first; of one column, largest recall first.</summary>
    public static IReadOnlyList<PredicateRow> Of(IReadOnlyList<PredicateColumn> columns)
    {
        var rows = columns.SelectMany(column => column.Recall.Keys).Distinct().Select(predicate => new PredicateRow(predicate,
            [.. columns.Select(column => column.Recall.TryGetValue(predicate, out var recall) && double.IsFinite(recall) ? recall : (double?)null)]));
        return columns.Count == 1
            ? [.. rows.OrderByDescending(row => row.Values[0]).ThenBy(row => row.Predicate, StringComparer.Ordinal)]
            : [.. rows.OrderByDescending(row => row.Spread).ThenBy(row => row.Predicate, StringComparer.Ordinal)];
    }
}
