namespace SggLab.Datasets.Inspection;

/// <summary>What a data set holds and what is wrong with it.</summary>
public sealed record InspectionReport
{
    /// <summary>parquet, vg-h5 or psg-json.</summary>
    public required string Format { get; init; }

    /// <summary>SHA-256 of the content, whatever the shards; null while there are errors.</summary>
    public string? ContentHash { get; init; }

    public required IReadOnlyList<SplitReport> Splits { get; init; }
    public required IReadOnlyList<InspectionProblem> Errors { get; init; }

    /// <summary>Errors beyond those listed.</summary>
    public long ErrorsOmitted { get; init; }

    /// <summary>What is odd but does not stop anyone.</summary>
    public required IReadOnlyList<InspectionProblem> Warnings { get; init; }
}

/// <param name="Rows">All rows, broken ones too; the other counts are over the good ones.</param>
/// <param name="Predicates">How many different predicates occur.</param>
public sealed record SplitReport(string Name, long Rows, long Objects, long Relationships, int Predicates, string? ContentHash);

/// <param name="Row">Counted from 0 within the file.</param>
/// <param name="Field">Column, table or key.</param>
public sealed record InspectionProblem(string File, long? Row, string? Field, string Message);
