namespace SggLab.SceneGraphs.Rewards;

/// <summary>The largest set of pairs of a true and a written relation that agree, each used once (augmenting paths, Kuhn 1955).</summary>
internal static class OneToOne
{
    public static int Count(RewardCase c)
    {
        var ownerOf = new int[c.Edges.Count];
        Array.Fill(ownerOf, -1);
        var seen = new bool[c.Edges.Count];
        var count = 0;
        for (var known = 0; known < c.TrueEdges.Count; known++)
        {
            Array.Clear(seen);
            if (TryPlace(c, known, ownerOf, seen)) count++;
        }
        return count;
    }

    private static bool TryPlace(RewardCase c, int known, int[] ownerOf, bool[] seen)
    {
        for (var written = 0; written < ownerOf.Length; written++)
        {
            if (seen[written] || !EdgeAgreement.IsSame(c, c.TrueEdges[known], c.Edges[written])) continue;
            seen[written] = true;
            if (ownerOf[written] >= 0 && !TryPlace(c, ownerOf[written], ownerOf, seen)) continue;
            ownerOf[written] = known;
            return true;
        }
        return false;
    }
}
