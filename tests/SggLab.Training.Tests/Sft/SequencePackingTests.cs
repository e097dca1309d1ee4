using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
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

    /// <summary>128 rows of 4,096 tokens: 2^31 cells, and an array has 57 fewer.</summary>
    [Fact]
    public void Rows_whose_mask_no_array_holds_are_refused_with_the_setting_that_helps()
    {
        Sft128.RequireMask(rows: 128, tokens: 4095);
        Should.Throw<LabException>(() => Sft128.RequireMask(rows: 128, tokens: 4096)).Message
            .ShouldBe("sft.packing: 128 rows of 4096 tokens in one forward pass need a mask of 2,147,483,648 cells; at most 2,147,483,591 fit. Set sft.micro_batch_size: 64 or fewer, which gives the same gradient.");
        Should.Throw<LabException>(() => Sft128.RequireMask(rows: 1, tokens: 46341)).Message
            .ShouldBe("sft.packing: 1 row of 46341 tokens in one forward pass needs a mask of 2,147,488,281 cells; at most 2,147,483,591 fit. Lower max_pixels, or set sft.packing: false.");
    }

    private static SftSettings Sft128 { get; } = TinyRuns.Sft with { Packing = true, BatchSize = 128 };

    [Fact]
    public void A_run_whose_packed_rows_may_not_fit_is_refused_before_its_first_step()
    {
        using var runs = new TinyRuns();
        var spec = runs.Spec(RunMethod.Sft) with { Sft = TinyRuns.Sft with { Packing = true, BatchSize = 65536 } };
        spec = spec with { Protocol = spec.Protocol with { MaxNewTokens = 512 } };
        Should.Throw<LabException>(() => TrainingJob.Plan(spec)).Message.ShouldContain("sft.micro_batch_size");

        var (closed, recorder) = runs.Run(spec);

        closed.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe("input"), c => c.Message!.ShouldContain("sft.micro_batch_size"));
        recorder.Of<MetricsRecord>().ShouldBeEmpty();
        TrainingJob.Plan(spec with { Sft = spec.Sft! with { MicroBatchSize = 1024 } }).Text.ShouldContain("mask");
        TrainingJob.Plan(spec with { Sft = spec.Sft! with { Packing = false } }).Text.ShouldNotContain("mask");
    }
}
