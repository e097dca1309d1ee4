using System.Globalization;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>What makes whole rewards 0 in a case, told for people; null where nothing does. Objects and relations are numbered from 1.</summary>
/// <param name="unreadable">What the evaluation's parser says of the answer; null where it reads it.</param>
internal sealed class RewardFaults(RewardCase c, string? unreadable)
{
    private const string SpoilsMatching = ", so that nothing can be matched.";

    /// <summary>Why no written object could be read.</summary>
    // The parser stops at the first thing out of place, and a missing list of relations comes before the objects.
    public string? Objects() => c.TryReadNodes() ? null
        : (c.Objects is null || c.Relationships is not null ? unreadable : null) ?? "An object has no id, or no box that can be scaled.";

    /// <summary>Why there is no list of written relations.</summary>
    public string? Relationships() => c.TryReadEdges() ? null
        : c.Relationships is { } list ? NoList("relationships", list)
        : c.Objects is null ? unreadable ?? NoKey("relationships")
        : NoKey("relationships");

    public string? ObjectsAndRelationships() => Objects() ?? Relationships();

    /// <summary>As <see cref="ObjectsAndRelationships"/>, or that there is no true relation.</summary>
    public string? Relations() => ObjectsAndRelationships() ?? (c.TrueEdges.Count == 0 ? "There is no true relation to find." : null);

    /// <summary>Why no objects could be matched.</summary>
    public string? Matching() => Objects() ?? (c.TryMatch() ? null : Unmatched());

    /// <summary>As <see cref="Matching"/>, or that there is no true object.</summary>
    public string? Matched() => Matching() ?? (c.TrueNodes.Count == 0 ? "There is no true object to find." : null);

    /// <summary>The first written relation that lacks a part.</summary>
    public string? Part()
    {
        for (var i = 0; i < c.Edges.Count; i++)
            if (MissingPart(i) is { } part) return NoPart(i, part) + Spoiled;
        return null;
    }

    /// <summary>Why a written relation makes a whole reward 0 when it is held against a true one.</summary>
    public string Spoiler(in TrueEdge known, int written)
    {
        ref readonly var edge = ref c.Edges[written];
        return MissingPart(written) is { } part ? NoPart(written, part) + Spoiled
            : known.Subject < 0 || known.Object < 0 ? $"The ground truth has a relation between \"{known.SubjectName.Raw}\" and \"{known.ObjectName.Raw}\", and not both are among its objects."
            : c.WrittenBox(edge.Subject!) is null ? Unlisted(written, edge.Subject!.Raw) + Spoiled
            : c.WrittenBox(edge.Object!) is null ? Unlisted(written, edge.Object!.Raw) + Spoiled
            : $"Relationship {written + 1} has a name that cannot be compared with others" + Spoiled;
    }

    public static string NoKey(string key) => $"The answer has no \"{key}\".";

    public string NoList(string key, int list) => $"\"{key}\" is {c.Json(list).Kind.InWords()}; wanted a list.";

    public static string NoPart(int relation, string part) => $"Relationship {relation + 1} has no text as its {part}";

    public static string Unlisted(int relation, string name) => $"Relationship {relation + 1} names \"{name}\", which is none of the answer's objects";

    private const string Spoiled = ": that makes the whole reward 0.";

    private string? MissingPart(int relation)
    {
        ref readonly var edge = ref c.Edges[relation];
        return edge.Subject is null ? "subject" : edge.Predicate is null ? "predicate" : edge.Object is null ? "object" : null;
    }

    private string Unmatched()
    {
        for (var i = 0; i < c.Nodes.Count; i++)
            for (var j = 0; j < c.TrueNodes.Count; j++)
                if (!c.TryCost(c.Nodes[i], c.TrueNodes[j], out var cost) || !double.IsFinite(cost)) return Unmatched(i, j);
        return "The reference raises on the matching" + SpoilsMatching;
    }

    private string Unmatched(int written, int known)
    {
        var (own, other) = (c.Nodes[written], c.TrueNodes[known]);
        var which = string.Create(CultureInfo.InvariantCulture, $"Object {written + 1} (\"{own.Name.Raw}\")");
        if (!own.Box.IsFinite) return $"{which} has a box that is not finite{SpoilsMatching}";
        if (!BoxMath.TryGeneralizedIou(own.Box, other.Box, out _))
            return $"{which} has a swapped box whose common hull with that of true object {known + 1} (\"{other.Name.Raw}\") has no area: Python divides by zero{SpoilsMatching}";
        return double.IsNaN(c.Names.Similarity(own.Name.RefinedCategory, other.Name.RawCategory))
            ? $"{which} or true object {known + 1} (\"{other.Name.Raw}\") has a name that cannot be compared with others{SpoilsMatching}"
            : $"{which} has a box too far from that of true object {known + 1} (\"{other.Name.Raw}\") for a double{SpoilsMatching}";
    }
}
