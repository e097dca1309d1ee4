using SggLab.Contracts.Api;
using SggLab.Web.Charts;

namespace SggLab.Web.Tests.Charts;

public sealed class ChartModelTests
{
    private static LabelledCurve Labelled(string label, int[] steps, double[] values) => new(new Curve("r", "reward", steps, values), label, "--variant-soft");

    [Fact]
    public void Curves_of_different_steps_share_one_axis_with_gaps()
    {
        var model = ChartModel.Of([Labelled("a", [1, 3], [0.1, 0.3]), Labelled("b", [2, 3], [0.2, 0.4])], 0);
        model.X.ShouldBe([1, 2, 3]);
        model.Lines.Select(line => line.Label).ShouldBe(["a", "b"]);
        model.Lines[0].Values.ShouldBe([0.1, null, 0.3]);
        model.Lines[1].Values.ShouldBe([null, 0.2, 0.4]);
    }

    [Fact]
    public void What_is_no_number_is_a_gap_and_does_not_spoil_the_mean()
    {
        var model = ChartModel.Of([Labelled("a", [1, 2, 3, 4], [1, double.NaN, double.PositiveInfinity, 1])], 50);
        model.Lines.Count.ShouldBe(2);
        foreach (var line in model.Lines)
            line.Values.ShouldBe([1, null, null, 1]);
    }

    [Fact]
    public void Smoothing_keeps_the_raw_curve_behind_the_mean_but_not_of_many_runs()
    {
        ChartModel.Of([Labelled("a", [1, 2], [0, 1])], 60).Lines.Select(line => line.Faint).ShouldBe([true, false]);
        ChartModel.Of([.. Enumerable.Range(0, 12).Select(i => Labelled($"{i}", [1, 2], [0, 1]))], 60).Lines.Count(line => line.Faint).ShouldBe(0);
    }

    [Fact]
    public void Values_keep_five_digits_at_any_size()
    {
        var values = ChartModel.Of([Labelled("a", [1, 2, 3, 4], [123456789.123, 1.23456789e-9, 0, -0.333333333])], 0).Lines[0].Values;
        values[0]!.Value.ShouldBe(123460000, 1);
        values[1]!.Value.ShouldBe(1.2346e-9, 1e-15);
        values[2].ShouldBe(0);
        values[3].ShouldBe(-0.33333);
    }

    [Fact]
    public void No_curve_is_an_empty_chart() => ChartModel.Of([Labelled("a", [], [])], 60).IsEmpty.ShouldBeTrue();

    [Fact]
    public void The_running_mean_begins_at_the_first_value_and_follows()
    {
        Smoothing.Mean([2, 2, 2], 0.9).ShouldAllBe(value => Math.Abs(value - 2) < 1e-12);
        Smoothing.Mean([1, 5], 0).ShouldBe([1, 5]);
        var mean = Smoothing.Mean([0, 1, 1, 1, 1, 1], 0.5);
        mean.Zip(mean.Skip(1)).ShouldAllBe(pair => pair.First <= pair.Second);
        mean[^1].ShouldBeInRange(0.9, 1);
    }

    [Fact]
    public void Metrics_are_grouped_and_unknown_ones_are_shown_under_their_own_name()
    {
        var groups = MetricLook.Arrange(["learning_rate", "my_metric", "rewards/edge_soft", "loss", "reward", "completions/mean_length"]);
        groups.Select(group => group.Name).ShouldBe([MetricLook.Rewards, MetricLook.Policy, MetricLook.Lengths, MetricLook.Machine, MetricLook.Others]);
        groups[0].Metrics.Select(metric => metric.Title).ShouldBe(["Reward", "Reward: edge soft"]);
        groups[^1].Metrics.Single().Title.ShouldBe("My metric");
    }
}
