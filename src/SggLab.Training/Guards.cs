using System.Globalization;
using SggLab.Contracts;
using SggLab.Contracts.Specs;

namespace SggLab.Training;

/// <summary>Watches the figures of each step and stops a run whose figure stays out of its bounds (guards of the run file).</summary>
internal sealed class Guards(IReadOnlyList<GuardSettings> guards)
{
    private readonly int[] _outside = new int[guards.Count];
    private bool _checked;

    /// <param name="checkpoint">Id of the last good checkpoint, for the message.</param>
    /// <exception cref="DivergedException">A figure has been out of bounds for as many steps as its guard allows.</exception>
    /// <exception cref="LabException">A guard names a figure that the run does not report.</exception>
    public void Check(int step, IReadOnlyDictionary<string, double> figures, string? checkpoint)
    {
        CheckNames(figures);
        for (var i = 0; i < guards.Count; i++)
        {
            var guard = guards[i];
            if (!figures.TryGetValue(guard.Metric, out var value))
                continue;
            _outside[i] = value > guard.Above || value < guard.Below ? _outside[i] + 1 : 0;
            if (_outside[i] >= guard.Steps)
                throw new DivergedException(step, Message(step, guard, value, checkpoint));
        }
    }

    private void CheckNames(IReadOnlyDictionary<string, double> figures)
    {
        if (_checked)
            return;
        _checked = true;
        if (guards.FirstOrDefault(guard => !figures.ContainsKey(guard.Metric) && !MayComeLater(guard.Metric)) is { } unknown)
            throw new LabException($"guards: the run reports no figure {unknown.Metric}; it reports {string.Join(", ", figures.Keys.Order(StringComparer.Ordinal))}.");
    }

    /// <summary>Figures of evaluations, and those that a step without a counted token does not have.</summary>
    private static bool MayComeLater(string metric) =>
        metric == "entropy" || metric.StartsWith("sampling/", StringComparison.Ordinal) || metric.StartsWith("eval/", StringComparison.Ordinal);

    private static string Message(int step, GuardSettings guard, double value, string? checkpoint)
    {
        var bound = value > guard.Above ? $"above {guard.Above.Value.ToString(CultureInfo.InvariantCulture)}" : $"below {guard.Below!.Value.ToString(CultureInfo.InvariantCulture)}";
        var steps = guard.Steps == 1 ? "" : $" for {guard.Steps} steps in a row";
        return string.Create(CultureInfo.InvariantCulture, $"{guard.Metric} is {value:G4} at step {step}, {bound}{steps}, so the run stops as its guards ask. ")
            + $"The last good checkpoint is {checkpoint ?? "the start"}; go on from it with a lower learning rate, or move the guard.";
    }
}
