namespace SggLab.Modeling;

/// <summary>Merges long pieces with a queue of pairs, so that a page without spaces takes n log n steps, not n squared.</summary>
internal static class PairMerger
{
    public static int[] Merge(int[] symbols, Dictionary<(int, int), (int Rank, int Merged)> merges)
    {
        var count = symbols.Length;
        var (previous, next) = (new int[count], new int[count]);
        var queue = new PriorityQueue<(int At, int Left, int Right, int Merged), (int Rank, int At)>();
        for (var i = 0; i < count; i++)
            (previous[i], next[i]) = (i - 1, i + 1);
        for (var i = 0; i + 1 < count; i++)
            Offer(i);
        while (queue.TryDequeue(out var pair, out _))
        {
            var (at, left, right, merged) = pair;
            var after = next[at];
            // A pair whose symbols have since been merged elsewhere is stale.
            if (symbols[at] != left || after >= count || symbols[after] != right)
                continue;
            symbols[at] = merged;
            symbols[after] = -1;
            next[at] = next[after];
            if (next[at] < count)
                previous[next[at]] = at;
            Offer(at);
            if (previous[at] >= 0)
                Offer(previous[at]);
        }
        return [.. symbols.Where(s => s >= 0)];

        void Offer(int at)
        {
            if (next[at] < count && merges.TryGetValue((symbols[at], symbols[next[at]]), out var merge))
                queue.Enqueue((at, symbols[at], symbols[next[at]], merge.Merged), (merge.Rank, at));
        }
    }
}
