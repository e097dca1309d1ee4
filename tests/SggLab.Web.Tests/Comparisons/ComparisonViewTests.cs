using Bunit;
using SggLab.Contracts.Api;
using SggLab.Web.Comparisons;
using SggLab.Web.Evaluations;
using SggLab.Web.Look;

namespace SggLab.Web.Tests.Comparisons;

public sealed class ComparisonViewTests
{
    private static RunComparison Variants(params int[] seeds)
    {
        RunSummary[] runs = [.. seeds.SelectMany(seed => new[] { "hard_recall", "soft_recall" }.Select(variant => Samples.Run($"{variant}-{seed}", variant, seed, "completed")))];
        return new RunComparison(runs, [], [.. runs.Select(run => new ComparedEvaluation(run.Id,
            Samples.Evaluation(run.Id, recall: (run.Variant == "soft_recall" ? 0.5 : 0.4) + run.Seed * 0.01, predicates: new() { ["on"] = run.Variant == "soft_recall" ? 0.9 : 0.2, ["near"] = 0.3 }), null))]);
    }

    [Fact]
    public void One_seed_is_named_by_its_variant_and_several_by_their_seed_with_the_same_colour()
    {
        ComparisonView.Of(Variants(1)).Lines.Select(line => line.Label).ShouldBe(["Hard Recall", "Soft Recall"]);
        var lines = ComparisonView.Of(Variants(1, 2)).Lines;
        lines.Select(line => line.Label).ShouldBe(["Hard Recall, seed 1", "Soft Recall, seed 1", "Hard Recall, seed 2", "Soft Recall, seed 2"]);
        lines.Where(line => line.Look == VariantLook.Soft).Select(line => line.Dash).ShouldBe([0, 1]);
    }

    [Fact]
    public void Runs_of_other_experiments_say_which() =>
        ComparisonView.Of(new RunComparison([Samples.Run("a"), Samples.Run("b", experiment: "e2")], [], [])).Lines[0].Label.ShouldBe("a (rewards)");

    [Fact]
    public void Seeds_give_a_mean_and_an_interval_by_Students_t()
    {
        var means = ComparisonView.Of(Variants(1, 2, 3)).Means;
        var soft = means.Single(mean => mean.Look == VariantLook.Soft);
        soft.Recall.ShouldBe(0.52, 1e-9);
        // Three values 0.01 apart: deviation 0.01, over the root of 3, times t(2) = 4.303.
        (soft.High - soft.Recall).ShouldBe(0.02484, 1e-4);
        ComparisonView.Of(Variants(1)).Means.ShouldBeEmpty();
    }

    [Fact]
    public void Two_seeds_show_what_they_came_to_and_no_interval()
    {
        using var page = new BunitContext();
        var means = ComparisonView.Of(Variants(1, 2)).Means;
        means.ShouldAllBe(mean => double.IsNaN(mean.Low) && double.IsNaN(mean.High));
        var table = page.Render<MeansTable>(one => one.Add(table => table.Means, [.. means, means[0] with { Look = VariantLook.Sft, Seeds = 1 }]));
        table.FindAll("tbody tr").Select(row => row.Children[3].TextContent.Trim()).ShouldBe(["41.0% and 42.0%; needs 3 seeds", "51.0% and 52.0%; needs 3 seeds", "needs 3 seeds"]);
        table.Markup.ShouldContain("from three seeds on");
    }

    [Fact]
    public void Two_protocols_are_never_averaged()
    {
        var comparison = Variants(1, 2);
        ComparedEvaluation[] mixed = [comparison.Evaluations[0] with { Evaluation = comparison.Evaluations[0].Evaluation with { ProtocolHash = "other" } }, .. comparison.Evaluations.Skip(1)];
        ComparisonView.Of(comparison with { Evaluations = mixed }).Means.ShouldBeEmpty();
    }

    [Fact]
    public void Predicates_with_the_largest_difference_come_first()
    {
        var rows = PredicateRow.Of(ComparisonView.Of(Variants(1)).Predicates);
        rows.Select(row => row.Predicate).ShouldBe(["on", "near"]);
        rows[0].Spread.ShouldBe(0.7, 1e-9);
    }

    [Fact]
    public void Many_seeds_are_averaged_by_variant_in_the_bars() =>
        ComparisonView.Of(Variants(1, 2, 3, 4)).Predicates.Select(column => column.Label).ShouldBe(["Hard Recall, mean of 4", "Soft Recall, mean of 4"]);

    [Fact]
    public void The_telling_metrics_are_rewards_first_and_no_learning_rates()
    {
        ComparedChart.Choose(["learning_rate", "loss", "reward", "epoch"], null).ShouldBe(["reward", "loss"]);
        ComparedChart.Choose(["learning_rate", "loss"], "learning_rate").ShouldBe(["learning_rate"]);
        ComparedChart.Choose(["loss"], "nonsense").ShouldBeEmpty();
    }

    [Fact]
    public void What_all_runs_measured_stands_before_what_one_did_and_flat_zeros_last()
    {
        var view = ComparisonView.Of(Variants(1));
        string[] ids = [.. view.Lines.Select(line => line.Run.Id)];
        var curves = ids.SelectMany(id => new[] { Samples.Curve("loss", 1, 2) with { RunId = id }, Samples.Curve("clip_ratio", 0, 0) with { RunId = id } }).Append(Samples.Curve("rewards/edge_soft", 1, 2) with { RunId = ids[0] }).ToList();
        ComparedChart.Of(curves, ["rewards/edge_soft", "clip_ratio", "loss"], view.Lines, 0).Select(chart => chart.Metric.Name).ShouldBe(["loss", "clip_ratio", "rewards/edge_soft"]);
    }
}
