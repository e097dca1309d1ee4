using SggLab.Contracts.Api;

namespace SggLab.Web.Checkpoints;

/// <summary>A link of the drawing; Between counts checkpoints on the way that are left out.</summary>
public sealed record LineageLink(string Parent, string Child, int Between);

/// <summary>Which checkpoints of a lineage are drawn, and what hangs under what.</summary>
public sealed record LineageTree(string Root, IReadOnlyDictionary<string, CheckpointNode> Nodes, IReadOnlyList<LineageLink> Links, int Hidden)
{
    private ILookup<string, string>? _children;

    public IEnumerable<string> ChildrenOf(string id) => (_children ??= Links.ToLookup(link => link.Parent, link => link.Child))[id];

    /// <param name="evaluated">Checkpoints that are drawn even on the way, since they have figures.</param>
    /// <param name="mostDescendants">The newest beyond that are counted as hidden.</param>
    public static LineageTree Of(CheckpointLineage lineage, IReadOnlySet<string> evaluated, int mostDescendants)
    {
        var all = lineage.Ancestors.Append(lineage.Checkpoint).Concat(lineage.Descendants.OrderBy(node => node.Event)).DistinctBy(node => node.Id).ToDictionary(node => node.Id);
        var children = all.Values.Where(node => node.Parent is { } parent && all.ContainsKey(parent)).ToLookup(node => node.Parent!);
        var root = RootOf(lineage.Checkpoint, all);
        var nodes = new Dictionary<string, CheckpointNode> { [root.Id] = root };
        var links = new List<LineageLink>();
        var left = mostDescendants + lineage.Ancestors.Count + 1;
        var hidden = 0;
        var todo = new Queue<CheckpointNode>([root]);
        while (todo.TryDequeue(out var node))
        {
            foreach (var child in children[node.Id])
            {
                var (end, between) = Skip(child);
                if (nodes.ContainsKey(end.Id) || --left < 0)
                {
                    hidden++;
                    continue;
                }
                nodes[end.Id] = end;
                links.Add(new LineageLink(node.Id, end.Id, between));
                todo.Enqueue(end);
            }
        }
        return new LineageTree(root.Id, nodes, links, hidden);

        // Along a run to its next checkpoint that says something: evaluated, branching, last, or the one asked for.
        (CheckpointNode End, int Between) Skip(CheckpointNode node)
        {
            var between = 0;
            while (node.Id != lineage.Checkpoint.Id && !evaluated.Contains(node.Id) && between < all.Count
                && children[node.Id].ToList() is [var only] && only.RunId == node.RunId)
                (node, between) = (only, between + 1);
            return (node, between);
        }
    }

    /// <summary>Up to where nothing is known above; a ring, which no honest lineage has, ends where it closes.</summary>
    private static CheckpointNode RootOf(CheckpointNode node, Dictionary<string, CheckpointNode> all)
    {
        var seen = new HashSet<string>();
        while (seen.Add(node.Id) && node.Parent is { } parent && all.TryGetValue(parent, out var above))
            node = above;
        return node;
    }
}
