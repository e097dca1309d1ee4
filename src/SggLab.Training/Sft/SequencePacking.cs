using SggLab.Modeling;

namespace SggLab.Training.Sft;

/// <summary>
/// Examples of a step in as few rows as first-fit finds, longest first; a row holds as many tokens as the longest example, so that packing never takes
/// more memory than padding does.
/// </summary>
internal static class SequencePacking
{
    /// <returns>Each row's sequences; the same for the same examples.</returns>
    public static BatchRow[][] Pack(IReadOnlyList<BatchRow> sequences)
    {
        var capacity = sequences.Max(sequence => sequence.Ids.Length);
        var rows = new List<(List<BatchRow> Sequences, int Free)>();
        foreach (var sequence in sequences.OrderByDescending(sequence => sequence.Ids.Length))
        {
            var fits = rows.FindIndex(row => row.Free >= sequence.Ids.Length);
            if (fits < 0)
            {
                fits = rows.Count;
                rows.Add(([], capacity));
            }
            rows[fits].Sequences.Add(sequence);
            rows[fits] = rows[fits] with { Free = rows[fits].Free - sequence.Ids.Length };
        }
        return [.. rows.Select(row => row.Sequences.ToArray())];
    }
}
