namespace SggLab.SceneGraphs.Rewards;

/// <summary>0 for a completion of ordinary length, then down in a straight line to -1 (soft overlong punishment of DAPO, arXiv 2503.14476, in characters).</summary>
internal static class LengthPenalty
{
    public static double Compute(RewardCase c)
    {
        var over = c.Completion.Length - c.Settings.LengthFree;
        return 0 - Math.Clamp(over / (double)Math.Max(1, c.Settings.LengthMost - c.Settings.LengthFree), 0, 1);
    }

    public static Told Explain(RewardCase c, RewardFaults faults) => new(null, $"{c.Completion.Length} characters, of which {c.Settings.LengthFree} cost nothing.");
}
