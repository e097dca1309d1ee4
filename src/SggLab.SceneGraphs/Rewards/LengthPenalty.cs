namespace SggLab.SceneGraphs.Rewards;

/// <summary>0 for a completion of ordinary length, then down in a straight line to -1 (soft overlong punishment of DAPO, arXiv 2503.14476, in characters).</summary>
internal static class LengthPenalty
{
    public static double Compute(RewardCase c)
    {
        var over = c.Completion.Length - c.Settings.LengthFree;
        if (over <= 0) return 0;
        return -Math.Min(1, over / (double)Math.Max(1, c.Settings.LengthMost - c.Settings.LengthFree));
    }
}
