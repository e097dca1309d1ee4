using SggLab.Modeling;
using SggLab.Training.Sft;

namespace SggLab.Training.Tests.Sft;

public sealed class SequencePackingTests
{
    [Fact]
    public void Examples_share_rows_of_the_longest_ones_length()
    {
        var packed = SequencePacking.Pack([.. new[] { 3, 10, 6, 4, 7, 1 }.Select(length => new BatchRow { Ids = new int[length], Images = [] })]);

        packed.Select(row => row.Select(sequence => sequence.Ids.Length).ToArray()).ShouldBe([[10], [7, 3], [6, 4], [1]]);
    }

    [Fact]
    public void Examples_of_one_length_have_a_row_each() =>
        SequencePacking.Pack([.. Enumerable.Range(0, 3).Select(_ => new BatchRow { Ids = new int[5], Images = [] })]).Length.ShouldBe(3);
}
