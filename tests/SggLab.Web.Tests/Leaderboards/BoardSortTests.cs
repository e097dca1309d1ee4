using SggLab.Web.Leaderboards;

namespace SggLab.Web.Tests.Leaderboards;

public sealed class BoardSortTests
{
    [Fact]
    public void A_board_without_a_choice_stands_by_rank()
    {
        BoardSort.Parse(null).Apply([Samples.Row(2, 0.4), Samples.Row(1, 0.5)]).Select(row => row.Rank).ShouldBe([1, 2]);
        BoardSort.Parse("nonsense").ShouldBe(BoardSort.ByRank);
        BoardSort.ByRank.Text.ShouldBeNull();
    }

    [Fact]
    public void A_second_click_turns_a_column_round()
    {
        var once = BoardSort.ByRank.Next(BoardSort.Failures);
        (once.Text, once.Next(BoardSort.Failures).Text).ShouldBe(("failures", "-failures"));
    }

    [Fact]
    public void Another_order_keeps_the_ranks_and_puts_published_figures_last()
    {
        var rows = BoardRow.Arrange([Samples.Row(1, 0.5, seed: 2), Samples.Row(2, 0.4, seed: 1)], [new PublishedRow("vg150", "val", "m", "SFT", null, null, 0.9, null, "main")], BoardSort.Parse("seed"));
        rows.Select(row => row.Ranked?.Rank).ShouldBe([2, 1, null]);
    }
}
