using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Grpo;
using SggLab.Training.Prompts;

namespace SggLab.Training.Tests.Grpo;

public class RolloutBatchTests
{
    private const int EndOfTurn = 7, EndOfText = 8, Padding = 0;

    private static Completion Written(int[] ids, FinishReason finish) =>
        new() { Prompt = 0, Sample = 0, Seed = 0, Ids = ids, Text = "", Finish = finish, LogProbs = new float[ids.Length], DrawnLogProbs = new float[ids.Length] };

    private static GrpoRow[] Rows(GrpoSettings settings)
    {
        var prompt = new ExamplePrompt(null!, new ProcessedPrompt { Ids = [1, 2], Images = [], Text = "" }, default);
        Completion[] rollouts = [Written([5, EndOfTurn], FinishReason.Stop), Written([5, EndOfText], FinishReason.Stop), Written([5, 5, 5, 5], FinishReason.Length)];
        return new RolloutBatch([prompt], rollouts, ["format"], [[1], [0], [0]], [1, 0, 0], [2, -1, -1]).Rows(settings, EndOfTurn, Padding);
    }

    [Fact]
    public void Any_end_token_closes_a_completion() =>
        Rows(TinyRuns.Grpo).Select(row => (row.Completion, row.CountedTokens)).ShouldBe([(2, 2), (2, 2), (4, 4)]);

    [Fact]
    public void By_the_references_masking_a_completion_without_end_of_turn_keeps_its_padding_in_the_loss()
    {
        var rows = Rows(TinyRuns.Grpo with { Eos = "reference" });
        rows.Select(row => (row.Completion, row.CountedTokens)).ShouldBe([(2, 2), (4, 4), (4, 4)]);
        rows[1].Tokens.Ids.ShouldBe([1, 2, 5, EndOfText, Padding, Padding]);
        rows[1].Tokens.Labels!.ShouldBe([BatchRow.Ignored, BatchRow.Ignored, 5, EndOfText, Padding, Padding]);
    }

    [Fact]
    public void Masked_truncated_completions_count_nothing() =>
        Rows(TinyRuns.Grpo with { MaskTruncated = true }).Select(row => row.CountedTokens).ShouldBe([2, 2, 0]);
}
