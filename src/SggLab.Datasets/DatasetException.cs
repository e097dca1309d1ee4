using SggLab.Contracts;

namespace SggLab.Datasets;

/// <summary>A data set that cannot be read as it stands. The message names file, row, field and what was expected.</summary>
/// <param name="file">Path of the file as the caller gave it.</param>
/// <param name="row">Row within that file, counted from 0; for h5 the image index, for psg.json the record. Null where the whole file is meant.</param>
/// <param name="field">Column, h5 data set or JSON key.</param>
/// <param name="problem">What was found, what was wanted and what to do, as a sentence.</param>
public sealed class DatasetException(string file, long? row, string? field, string problem, Exception? inner = null)
    : LabException(Compose(file, row, field, problem), 2, inner)
{
    public string File { get; } = file;
    public long? Row { get; } = row;
    public string? Field { get; } = field;

    /// <summary>The sentence without the place.</summary>
    public string Problem { get; } = problem;

    private static string Compose(string file, long? row, string? field, string problem) =>
        $"{file}{(row is { } r ? $", row {r}" : "")}{(field is null ? "" : $", field '{field}'")}: {problem}";
}
