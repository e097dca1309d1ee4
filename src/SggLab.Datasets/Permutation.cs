namespace SggLab.Datasets;

/// <summary>Orders that are the same on every machine and every .NET: a function of (count, seed) alone.</summary>
public static class Permutation
{
    /// <summary>0 to count - 1 in the order that the seed draws (Fisher-Yates over SplitMix64).</summary>
    public static int[] Of(int count, long seed)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++) order[i] = i;
        var random = new StableRandom(seed);
        for (var i = count - 1; i > 0; i--)
        {
            var j = random.Below(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }
}

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): System.Random's algorithm is not promised to stay.</summary>
public sealed class StableRandom(long seed)
{
    private ulong _state = unchecked((ulong)seed);

    /// <summary>A generator of its own for part <paramref name="index"/> of a seed, so that parts can be drawn alone.</summary>
    public static StableRandom For(long seed, long index) => new(unchecked((long)(new StableRandom(seed).Next() ^ new StableRandom(~index).Next())));

    public ulong Next()
    {
        unchecked
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
            z = (z ^ z >> 27) * 0x94D049BB133111EB;
            return z ^ z >> 31;
        }
    }

    /// <summary>A whole number in [0, bound), without bias.</summary>
    public int Below(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        var limit = ulong.MaxValue - ulong.MaxValue % (ulong)bound;
        ulong draw;
        do draw = Next();
        while (draw >= limit);
        return (int)(draw % (ulong)bound);
    }
}
