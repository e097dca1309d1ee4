using SggLab.Contracts.Specs;
using SggLab.Tracking.Leaderboards;
using SggLab.Web.Leaderboards;
using SggLab.Web.Tests.Runs;

namespace SggLab.Web.Tests.Leaderboards;

public sealed class BoardTests
{
    private static Protocol Published(string dataset, string split) =>
        RunTextTests.Spec("a").Protocol with { Dataset = dataset, Split = split, MaxPixels = 1024 * 28 * 28, MaxNewTokens = 2048 };

    [Fact]
    public void Published_rows_stand_only_beside_boards_that_measure_the_same()
    {
        PublishedRows.ComparableWith(Published("psg", "test")).ShouldContain(row => row.Model == "Qwen2-VL-2B" && row.Method == "R1-SGG" && row.Recall == 0.3849);
        PublishedRows.ComparableWith(Published("vg150", "val")).ShouldNotBeEmpty();
        PublishedRows.ComparableWith(Published("vg150", "test")).ShouldBeEmpty();
        PublishedRows.ComparableWith(Published("psg", "test") with { Prompt = "open" }).ShouldBeEmpty();
        PublishedRows.ComparableWith(Published("psg", "test") with { MaxNewTokens = 1024 }).ShouldBeEmpty();
        PublishedRows.ComparableWith(RunTextTests.Spec("a").Protocol).ShouldBeEmpty();
        PublishedRows.ComparableWith(null).ShouldBeEmpty();
    }

    [Fact]
    public void A_published_row_stands_where_its_recall_puts_it_and_takes_no_rank()
    {
        PublishedRow Row(string method, double recall) => new("psg", "test", "Qwen", method, null, null, recall, null, "main");
        var rows = BoardRow.Arrange([Samples.Row(1, 0.5), Samples.Row(2, 0.3)], [Row("low", 0.1), Row("middle", 0.4), Row("top", 0.9)]);
        rows.Select(row => row.Published?.Method ?? $"{row.Ranked!.Rank}").ShouldBe(["top", "1", "middle", "2", "low"]);
        BoardRow.Top(rows).ShouldBe(0.9);
        BoardRow.Arrange([], [Row("low", 0.1)]).ShouldBeEmpty();
    }

    [Fact]
    public void An_address_chooses_a_board_by_hash_or_name_and_the_fullest_otherwise()
    {
        Board[] boards = [new("synthetic", "test", "demo", "h1", 3), new("synthetic", "test", "other", "h2", 9), new("psg", "test", "demo", "h3", 1)];
        BoardChoice.Of(boards, null, null, null)!.ProtocolHash.ShouldBe("h2");
        BoardChoice.Of(boards, "psg", null, null)!.ProtocolHash.ShouldBe("h3");
        BoardChoice.Of(boards, "synthetic", "test", "demo")!.ProtocolHash.ShouldBe("h1");
        BoardChoice.Of(boards, null, null, "h3")!.Dataset.ShouldBe("psg");
        BoardChoice.Of(boards, "vg150", null, null).ShouldBeNull();
    }

    [Fact]
    public void A_board_that_goes_on_says_so_and_how_to_narrow_it()
    {
        BoardChoice.Cut(2000, 2000, ofExperiment: false).ShouldBeNull();
        BoardChoice.Cut(2000, 2431, ofExperiment: false).ShouldNotBeNull().ShouldStartWith("These are the best 2\u202f000 of 2\u202f431 entries; choose an experiment");
        BoardChoice.Cut(2000, 2431, ofExperiment: true).ShouldNotBeNull().ShouldNotContain("choose an experiment");
    }

    [Fact]
    public void A_moment_goes_from_the_field_to_the_address_and_back()
    {
        BoardMoment.ForAddress("2026-05-04T12:30").ShouldBe("2026-05-04T12:30:00Z");
        BoardMoment.ForField("2026-05-04T14:30:00+02:00").ShouldBe("2026-05-04T12:30:00");
        BoardMoment.ForField("337").ShouldBeNull();
        BoardMoment.ForAddress("soon").ShouldBeNull();
    }
}
