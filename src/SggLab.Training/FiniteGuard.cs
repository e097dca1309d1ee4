namespace SggLab.Training;

/// <summary>Stops a run whose figures are no numbers any more, before they reach the weights.</summary>
internal static class FiniteGuard
{
    /// <param name="checkpoint">Id of the last good checkpoint, for the message.</param>
    public static void Check(int step, string figure, double value, string? checkpoint)
    {
        if (!double.IsFinite(value))
            throw new DivergedException(step, $"{figure} is {value} at step {step}, so the run stops. The last good checkpoint is {checkpoint ?? "the start"}; go on from it with a lower learning rate.");
    }
}
