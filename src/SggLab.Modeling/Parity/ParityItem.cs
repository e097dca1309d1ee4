namespace SggLab.Modeling;

/// <summary>One thing that was compared with the reference.</summary>
public sealed record ParityItem
{
    /// <summary>File and tensor, or file and line.</summary>
    public required string Item { get; init; }
    /// <summary>The largest absolute difference; the number of differing places where things must be equal.</summary>
    public required double MaxAbsError { get; init; }
    public required double Tolerance { get; init; }
    public required bool Ok { get; init; }

    internal static ParityItem Of(string item, double error, double tolerance) =>
        new() { Item = item, MaxAbsError = error, Tolerance = tolerance, Ok = error <= tolerance };

    /// <summary>For what must be equal: the error counts the places that are not.</summary>
    internal static ParityItem Exact(string item, long different) => Of(item, different, 0);
}
