using SggLab.Contracts.Api;
using SggLab.Web.Home;

namespace SggLab.Web.Tests.Home;

public sealed class HomeViewTests
{
    private static ActivityItem Item(long number, string text, string run = "r1") => new(number, Samples.Noon, "worker w1", text, run, "e1", null);

    [Fact]
    public void Checkpoint_after_checkpoint_is_one_line_of_the_feed()
    {
        var lines = ActivityLine.Fold([Item(9, "saved step 300"), Item(8, "saved step 250"), Item(7, "completed soft"), Item(6, "saved step 200"), Item(5, "saved step 100", "r2")], 10);
        lines.Select(line => (line.Item.Event, line.Earlier)).ShouldBe([(9, 2), (7, 0), (5, 0)]);
    }

    [Fact]
    public void A_sparkline_prefers_the_reward_and_stays_in_its_box()
    {
        var sparks = Sparkline.Of([Samples.Curve("loss", 3, 2, 1), Samples.Curve("reward", 0, 1, double.NaN, 5)]);
        sparks["r1"].Metric.ShouldBe("reward");
        sparks["r1"].Path.ShouldStartWith("M0 ");
        Sparkline.Of([Samples.Curve("loss", 1, 1, 1)])["r1"].Path.ShouldContain("14");
        Sparkline.Of([Samples.Curve("loss", 1)]).ShouldBeEmpty();
    }

    [Fact]
    public void The_best_recall_is_that_of_the_board_added_to_last()
    {
        var rows = new[] { Samples.Row(1, 0.9) with { ProtocolHash = "old" }, Samples.Row(2, 0.8) with { ProtocolHash = "old" }, Samples.Row(1, 0.4) with { Event = 50 }, Samples.Row(2, 0.3) with { Event = 51 } };
        HomeView.BestOf(rows)!.Recall.ShouldBe(0.4);
        HomeView.BestOf([]).ShouldBeNull();
    }

    [Fact]
    public void A_scripted_figure_is_never_the_best()
    {
        LeaderboardRow[] rows = [Samples.Row(1, 0.4), Samples.Row(1, 0.9, method: "scripted") with { ProtocolHash = "form", Event = 90 }];
        HomeView.BestOf(rows)!.Recall.ShouldBe(0.4);
        HomeView.BestOf(rows[1..]).ShouldBeNull();
    }

    [Fact]
    public void An_idle_lab_says_what_is_missing()
    {
        var waiting = HomeView.Empty with { Queue = [new QueueItem(1, Samples.Run(state: "queued"), null)] };
        waiting.NothingRunning.ShouldContain("no worker is connected");
        HomeView.Empty.NothingRunning.ShouldContain("Queue an experiment");
    }
}
