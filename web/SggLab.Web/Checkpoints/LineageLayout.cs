using SggLab.Contracts.Api;
using SggLab.Web.Look;

namespace SggLab.Web.Checkpoints;

/// <summary>A checkpoint's place in the drawing; X and Y are its left upper corner.</summary>
/// <param name="Is">here, ancestor or descendant.</param>
/// <param name="Generation">0 for the starting weights.</param>
public sealed record LineageBox(CheckpointNode Node, VariantLook Look, string Is, double? Recall, int Generation, int X, int Y)
{
    public string Title => Node.Kind == "base" ? "start" : FormattableString.Invariant($"step {Node.Step}");
}

/// <summary>From parent to child, as an SVG path.</summary>
/// <param name="Between">Checkpoints of the same run that lie between and are not drawn.</param>
public sealed record LineageEdge(string Key, string Path, string Colour, int Between, int MiddleX, int MiddleY);

/// <summary>
/// The lineage as a tree drawn from left to right: a column a generation, a row a branch. Checkpoints on the way, with one child of the same run
/// and no evaluation, are counted on the edge instead of drawn.
/// </summary>
public sealed record LineageLayout(IReadOnlyList<LineageBox> Boxes, IReadOnlyList<LineageEdge> Edges, int Width, int Height, int Hidden)
{
    public const int BoxWidth = 206, BoxHeight = 68, GapX = 46, GapY = 16, Margin = 12;
    private const int MostDescendants = 60;

    public static LineageLayout Empty { get; } = new([], [], 0, 0, 0);

    /// <param name="looks">The look of each run, by id.</param>
    /// <param name="ranked">Recall of other checkpoints of the lineage that were evaluated, by id.</param>
    public static LineageLayout Of(CheckpointLineage lineage, IReadOnlyDictionary<string, VariantLook> looks, IReadOnlyDictionary<string, double>? ranked = null)
    {
        var recalls = new Dictionary<string, double>(ranked ?? new Dictionary<string, double>());
        foreach (var evaluation in lineage.Evaluations.OrderBy(evaluation => evaluation.Event))
            recalls[evaluation.Checkpoint] = evaluation.Recall;
        var tree = LineageTree.Of(lineage, recalls.Keys.ToHashSet(), MostDescendants);
        var places = new Dictionary<string, (int Column, double Row)>();
        var next = 0.0;
        Place(tree.Root, 0, tree, places, ref next);
        List<LineageBox> boxes = [.. DepthFirst(tree.Root, tree).Select(id => tree.Nodes[id]).Select(node => new LineageBox(node, LookOf(node, looks), Relation(node, lineage), recalls.TryGetValue(node.Id, out var recall) ? recall : null,
            places[node.Id].Column, Margin + places[node.Id].Column * (BoxWidth + GapX), Margin + (int)Math.Round(places[node.Id].Row * (BoxHeight + GapY))))];
        var byId = boxes.ToDictionary(box => box.Node.Id);
        List<LineageEdge> edges = [.. tree.Links.Select(link => Edge(byId[link.Parent], byId[link.Child], link.Between))];
        return new LineageLayout(boxes, edges, boxes.Max(box => box.X) + BoxWidth + Margin, boxes.Max(box => box.Y) + BoxHeight + Margin, tree.Hidden);
    }

    /// <summary>Leaves get rows one after the other; a parent stands in the middle of its children.</summary>
    private static double Place(string id, int column, LineageTree tree, Dictionary<string, (int, double)> places, ref double next)
    {
        double first = -1, last = -1;
        foreach (var child in tree.ChildrenOf(id))
        {
            last = Place(child, column + 1, tree, places, ref next);
            first = first < 0 ? last : first;
        }
        var row = first < 0 ? next++ : (first + last) / 2;
        places[id] = (column, row);
        return row;
    }

    /// <summary>The order of a list that stands for the drawing: a branch below its root.</summary>
    private static IEnumerable<string> DepthFirst(string id, LineageTree tree) => tree.ChildrenOf(id).SelectMany(child => DepthFirst(child, tree)).Prepend(id);

    private static LineageEdge Edge(LineageBox from, LineageBox to, int between)
    {
        var (x1, y1, x2, y2) = (from.X + BoxWidth, from.Y + BoxHeight / 2, to.X, to.Y + BoxHeight / 2);
        var middle = (x1 + x2) / 2;
        return new LineageEdge(to.Node.Id, FormattableString.Invariant($"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"), to.Look.Colour, between, middle, (y1 + y2) / 2);
    }

    private static string Relation(CheckpointNode node, CheckpointLineage lineage) =>
        node.Id == lineage.Checkpoint.Id ? "here" : lineage.Ancestors.Any(ancestor => ancestor.Id == node.Id) ? "ancestor" : "descendant";

    private static VariantLook LookOf(CheckpointNode node, IReadOnlyDictionary<string, VariantLook> looks) =>
        node is { Kind: "base", Parent: null } ? VariantLook.Untrained : looks.GetValueOrDefault(node.RunId, VariantLook.Other);
}
