namespace SggLab.Modeling;

/// <summary>Random numbers that depend on a seed and nothing else: the same on every machine, thread and batch.</summary>
internal struct SeedStream(ulong seed)
{
    private ulong _state = seed;

    /// <summary>SplitMix64's output function: spreads any two numbers into one seed.</summary>
    public static ulong Mix(long seed, ulong other) => Finish((ulong)seed * 0x9E3779B97F4A7C15 + Finish(other + 0x632BE59BD9B4E019));

    /// <summary>FNV-1a of a name.</summary>
    public static ulong Hash(string name)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var c in name)
            hash = (hash ^ c) * 0x100000001B3;
        return hash;
    }

    /// <summary>The number in [0, 1) that a rollout draws at one of its tokens.</summary>
    public static double Uniform(long seed, int token) => (Mix(seed, (ulong)token) >> 11) * (1.0 / (1ul << 53));

    public ulong Next() => Finish(_state += 0x9E3779B97F4A7C15);

    /// <summary>Two independent standard normal numbers (Box and Muller).</summary>
    public (float, float) NextNormals()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - (Next() >> 11) * (1.0 / (1ul << 53))));
        var (sin, cos) = Math.SinCos(2 * Math.PI * ((Next() >> 11) * (1.0 / (1ul << 53))));
        return ((float)(radius * cos), (float)(radius * sin));
    }

    private static ulong Finish(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
