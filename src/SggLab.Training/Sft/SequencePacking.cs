using System.Globalization;
using SggLab.Contracts;
using SggLab.Contracts.Specs;
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

    /// <summary>Fails where a forward pass's mask, which says of each token of a row which others it sees, is larger than an array may be.</summary>
    /// <param name="rows">Side by side in a forward pass.</param>
    /// <exception cref="LabException">It is; the message says what to set.</exception>
    public static void RequireMask(this SftSettings sft, int rows, long tokens)
    {
        var cells = (decimal)rows * tokens * tokens;
        if (cells <= Array.MaxLength)
            return;
        var most = Array.MaxLength / (tokens * tokens);
        var remedy = most == 0
            ? "Lower max_pixels, or set sft.packing: false."
            : $"Set sft.micro_batch_size: {Enumerable.Range(1, (int)Math.Min(most, sft.BatchSize)).Last(size => sft.BatchSize % size == 0)} or fewer, which gives the same gradient.";
        throw new LabException(string.Create(CultureInfo.InvariantCulture,
            $"sft.packing: {rows} {(rows == 1 ? "row" : "rows")} of {tokens} tokens in one forward pass {(rows == 1 ? "needs" : "need")} a mask of {cells:N0} cells; at most {Array.MaxLength:N0} fit. {remedy}"));
    }
}
