using Bunit;
using SggLab.Web.Rollouts;

namespace SggLab.Web.Tests.Rollouts;

public sealed class RolloutRowTests : IDisposable
{
    private const string Graph = """<think></think><answer>{"objects":[{"id":"cat.1","bbox":[0,0,500,500]},{"id":"mat.1","bbox":[100,100,900,900]}],"relationships":[{"subject":"cat.1","predicate":"on","object":"mat.1"}]}</answer>""";
    private readonly BunitContext _page = new();

    public void Dispose() => _page.Dispose();

    private static Rollout Answer(string completion, double reward = 1.5, double advantage = 0.7) =>
        new("a", 0, 0, "say", completion, reward, new Dictionary<string, double> { ["format"] = 1, ["edge_hard"] = 0.5 }, advantage, 12, "length", 7);

    private IRenderedComponent<RolloutRow> Row(Rollout rollout) => _page.Render<RolloutRow>(one => one.Add(row => row.Rollout, rollout)
        .Add(row => row.Parts, RewardPart.Of("hard_recall", ["edge_hard", "format"])).Add(row => row.Top, 2));

    [Fact]
    public void An_answer_is_read_as_its_relations_with_the_parts_of_its_reward()
    {
        var row = Row(Answer(Graph));
        row.Find(".lab-rollout-text").TextContent.ShouldBe("cat.1 on mat.1");
        row.Find(".lab-rollout-bar").GetAttribute("aria-label").ShouldBe("Format 1, Edge hard 0.5");
        row.FindAll(".lab-rollout-bar i").Select(bar => bar.GetAttribute("style")!.Split(';')[0]).ShouldBe(["width: 50%", "width: 25%"]);
        row.Find(".lab-rollout-advantage").TextContent.ShouldBe("+0.70");
        row.Find(".lab-rollout-tokens").TextContent.ShouldContain("cut off");
    }

    [Fact]
    public void Opened_it_shows_where_the_objects_are_and_the_whole_text()
    {
        var row = Row(Answer(Graph));
        row.FindAll("pre").ShouldBeEmpty();
        row.Find("details").TriggerEvent("ontoggle", EventArgs.Empty);
        row.Find("pre").TextContent.ShouldBe(Graph);
        row.FindAll("rect.lab-rollout-box").Select(box => box.GetAttribute("width")).ShouldBe(["50", "80"]);
    }

    [Fact]
    public void An_answer_that_is_no_graph_says_why()
    {
        var row = Row(Answer("<answer>{\"objects\": [", 0, -1.25));
        row.Find("details").TriggerEvent("ontoggle", EventArgs.Empty);
        row.Find(".lab-rollout-failure").TextContent.ShouldContain("No scene graph:");
        row.Find(".lab-rollout-advantage").TextContent.ShouldBe("−1.25");
    }

    [Fact]
    public void An_answer_cannot_write_markup_into_the_page()
    {
        var row = Row(Answer("<script>alert(1)</script>"));
        row.Find("details").TriggerEvent("ontoggle", EventArgs.Empty);
        row.FindAll("script").ShouldBeEmpty();
    }
}
