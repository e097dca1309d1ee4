namespace SggLab.Training.Grpo;

/// <summary>Which groups of a step are learnt from (keep_top_group_ratio of the reference's trainer): those whose rewards differ most.</summary>
public static class GroupSelection
{
    /// <summary>Prompts to draw so that <paramref name="kept"/> of them stay.</summary>
    public static int Drawn(int kept, double ratio) => Math.Max(kept, (int)(kept / ratio + 1e-9));

    /// <summary>The groups of largest deviation in their own order; of equals the earlier.</summary>
    /// <param name="deviations">One a group.</param>
    public static int[] Keep(IReadOnlyList<double> deviations, int kept) =>
        [.. Enumerable.Range(0, deviations.Count).OrderByDescending(group => deviations[group]).ThenBy(group => group).Take(kept).Order()];
}
