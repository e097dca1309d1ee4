using Bunit;
using SggLab.Web.Charts;

namespace SggLab.Web.Tests.Charts;

public sealed class CurveChartTests
{
    private static ChartModel Model(params double[] values) => ChartModel.Of([new LabelledCurve(Samples.Curve("reward", values), "Reward", "--variant-soft")], 0);

    [Fact]
    public async Task A_chart_is_drawn_once_a_model_and_destroyed_with_its_page()
    {
        await using var page = new BunitContext();
        var module = page.JSInterop.SetupModule(_ => true);
        module.Mode = JSRuntimeMode.Loose;
        var first = Model(1, 2);
        var chart = page.Render<CurveChart>(one => one.Add(chart => chart.Title, "Reward").Add(chart => chart.Model, first));
        chart.Render(one => one.Add(chart => chart.Model, first));
        module.Invocations["draw"].Count.ShouldBe(1);
        chart.Render(one => one.Add(chart => chart.Model, Model(1, 2, 3)));
        module.Invocations["draw"].Count.ShouldBe(2);
        await page.DisposeComponentsAsync();
        module.Invocations["destroy"].Single().Arguments[0].ShouldBe(module.Invocations["draw"][0].Arguments[0]);
    }

    [Fact]
    public void A_chart_says_its_values_to_those_who_do_not_see_it()
    {
        using var page = new BunitContext();
        page.JSInterop.SetupModule(_ => true).Mode = JSRuntimeMode.Loose;
        var chart = page.Render<CurveChart>(one => one.Add(chart => chart.Title, "Reward").Add(chart => chart.Model, Model(1, 2.5)));
        chart.Find("[role=img]").GetAttribute("aria-label").ShouldBe("Reward, steps 1 to 2: Reward 2.5");
        chart.Find("output").TextContent.ShouldBe("2.5");
    }
}
