namespace SggLab.Modeling;

/// <summary>One thing that was compared with the reference, or that was left alone for a reason.</summary>
public sealed record ParityItem
{
    /// <summary>File and tensor, file and key, or file and line.</summary>
    public required string Item { get; init; }
    /// <summary>The largest absolute difference; the number of differing places where things must be equal.</summary>
    public required double MaxAbsError { get; init; }
    public required double Tolerance { get; init; }
    public required bool Ok { get; init; }
    /// <summary>Why this was not compared; null where it was.</summary>
    public string? Reason { get; init; }

    internal static ParityItem Of(string item, double error, double tolerance) =>
        new() { Item = item, MaxAbsError = error, Tolerance = tolerance, Ok = error <= tolerance };

    /// <summary>For what must be equal: the error counts the places that are not.</summary>
    internal static ParityItem Exact(string item, long different) => Of(item, different, 0);

    /// <summary>For what must be equal.</summary>
    internal static ParityItem Exact(string item, bool same) => Exact(item, same ? 0 : 1);

    internal static ParityItem NotCompared(string item, string reason) => new() { Item = item, MaxAbsError = 0, Tolerance = 0, Ok = true, Reason = reason };
}
