namespace SggLab.SceneGraphs.Rewards;

/// <summary>A named reward. Its version rises when the same case would earn another figure.</summary>
public sealed class RewardFunction
{
    internal RewardFunction(string name, int version, string summary, Func<RewardCase, double> compute, Func<RewardCase, RewardFaults, Told> explain)
    {
        Name = name;
        Version = version;
        Summary = summary;
        Compute = compute;
        Explain = explain;
    }

    public string Name { get; }
    public int Version { get; }

    /// <summary>What a run records: name@version.</summary>
    public string Versioned => $"{Name}@{Version}";

    /// <summary>One sentence for people who choose.</summary>
    public string Summary { get; }

    internal Func<RewardCase, double> Compute { get; }

    internal Func<RewardCase, RewardFaults, Told> Explain { get; }
}
