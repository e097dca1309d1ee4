using SggLab.Contracts.Api;
using SggLab.Web.Checkpoints;
using SggLab.Web.Look;

namespace SggLab.Web.Tests.Checkpoints;

public sealed class LineageTests
{
    private static readonly Dictionary<string, VariantLook> s_looks = new() { ["sft"] = VariantLook.Sft, ["hard"] = VariantLook.Hard, ["soft"] = VariantLook.Soft };

    /// <summary>base, then SFT at 100 and 200; two GRPO runs grow from SFT 200.</summary>
    private static CheckpointLineage Family(string here = "s200")
    {
        CheckpointNode[] all =
        [
            Samples.Checkpoint("base", null, "sft", 0, "base", 1), Samples.Checkpoint("s100", "base", "sft", 100, at: 2), Samples.Checkpoint("s200", "s100", "sft", 200, at: 3),
            Samples.Checkpoint("h50", "s200", "hard", 50, at: 4), Samples.Checkpoint("h100", "h50", "hard", 100, at: 5), Samples.Checkpoint("f100", "s200", "soft", 100, at: 6),
        ];
        string[] above = here == "s200" ? ["base", "s100"] : [];
        return new CheckpointLineage(all.Single(node => node.Id == here), [.. all.Where(node => above.Contains(node.Id))], [.. all.Where(node => node.Id != here && !above.Contains(node.Id))],
            [Samples.Evaluation("sft", "base", 0.01), Samples.Evaluation("sft", "s200", 0.3), Samples.Evaluation("hard", "h100", 0.4)]);
    }

    [Fact]
    public void Checkpoints_on_the_way_are_counted_on_the_edge()
    {
        var graph = LineageLayout.Of(Family(), s_looks);
        graph.Boxes.Select(box => box.Node.Id).ShouldBe(["base", "s200", "h100", "f100"]);
        graph.Edges.Select(edge => edge.Between).ShouldBe([1, 1, 0]);
        graph.Hidden.ShouldBe(0);
    }

    [Fact]
    public void Time_runs_to_the_right_and_no_box_covers_another()
    {
        var boxes = LineageLayout.Of(Family(), s_looks).Boxes;
        boxes.Select(box => box.Generation).ShouldBe([0, 1, 2, 2]);
        foreach (var one in boxes)
            foreach (var other in boxes.Where(other => other != one))
                (Math.Abs(one.X - other.X) >= LineageLayout.BoxWidth || Math.Abs(one.Y - other.Y) >= LineageLayout.BoxHeight).ShouldBeTrue();
        boxes.Single(box => box.Is == "here").Node.Id.ShouldBe("s200");
        boxes[0].Look.ShouldBe(VariantLook.Untrained);
        boxes[2].Recall.ShouldBe(0.4);
    }

    [Fact]
    public void The_root_is_drawn_alone_when_nothing_came_of_it()
    {
        var graph = LineageLayout.Of(new CheckpointLineage(Samples.Checkpoint("only", null), [], [], []), s_looks);
        graph.Boxes.Single().Is.ShouldBe("here");
        graph.Edges.ShouldBeEmpty();
    }

    [Fact]
    public void A_parent_that_is_not_here_does_not_break_the_drawing() =>
        LineageLayout.Of(new CheckpointLineage(Samples.Checkpoint("a", "lost"), [], [Samples.Checkpoint("b", "a", "r2")], []), s_looks).Boxes.Count.ShouldBe(2);

    [Fact]
    public void A_ring_ends_instead_of_turning_forever() =>
        LineageLayout.Of(new CheckpointLineage(Samples.Checkpoint("a", "b"), [Samples.Checkpoint("b", "a", "r2")], [], []), s_looks).Boxes.Count.ShouldBe(2);

    [Fact]
    public void A_large_family_is_cut_and_says_so()
    {
        CheckpointNode[] children = [.. Enumerable.Range(0, 300).Select(i => Samples.Checkpoint($"c{i}", "root", $"r{i}", at: i))];
        var graph = LineageLayout.Of(new CheckpointLineage(Samples.Checkpoint("root", null), [], children, []), s_looks);
        graph.Boxes.Count.ShouldBeInRange(50, 70);
        graph.Hidden.ShouldBe(301 - graph.Boxes.Count);
    }

    [Fact]
    public void A_chain_of_ten_thousand_checkpoints_is_two_boxes()
    {
        CheckpointNode[] chain = [.. Enumerable.Range(1, 10_000).Select(i => Samples.Checkpoint($"c{i}", i == 1 ? "root" : $"c{i - 1}", step: i, at: i))];
        LineageLayout.Of(new CheckpointLineage(Samples.Checkpoint("root", null), [], chain, []), s_looks).Boxes.Count.ShouldBe(2);
    }
}
