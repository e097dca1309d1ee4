namespace SggLab.Training;

/// <summary>Stops a run whose figures are no numbers any more, before they reach the weights.</summary>
internal static class FiniteGuard
{
    /// <param name="checkpoint">Id of the last good checkpoint, for the message.</param>
    public static void Check(int step, string figure, double value, string? checkpoint)
    {
        if (!double.IsFinite(value))
            throw new DivergedException(step, step == 1 && figure == "loss"
                ? $"loss is {value} at step 1, before anything was learnt, so the run stops: weights that it starts from are NaN or infinite, or overflow in this precision. Start from other weights, or take precision: float32."
                : $"{figure} is {value} at step {step}, so the run stops. The last good checkpoint is {checkpoint ?? "the start"}; go on from it with a lower learning rate.");
    }
}
