using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SggLab.Modeling.Bench;

/// <summary>A line of a benchmark's output.</summary>
/// <param name="Yardstick">What the value is divided by, or held against.</param>
/// <param name="Ratio">Value over yardstick: for a time, how many matmuls it takes.</param>
/// <param name="Reference">The same ratio of Hugging Face transformers 5.23.0 with torch 2.13.0 on 2 CPU cores, as recorded; null where there is none.</param>
/// <param name="OfReference">Ratio over reference: below 1 is faster than transformers.</param>
/// <param name="Goal">What the last figure that is given (of reference, ratio or value) should come to.</param>
internal sealed record Measure(string Name, double Value, string Unit, string? Yardstick, double? YardstickValue, double? Ratio, double PeakMemoryMb)
{
    public double? Reference { get; init; }
    public double? OfReference { get; init; }
    public string? Goal { get; init; }

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Seconds, and the matmuls that would have taken as long.</summary>
    public static Measure Time(string name, Timing timing, double? reference = null, double? goal = null)
    {
        var matmuls = timing.Seconds / timing.Matmul;
        return new(name, Math.Round(timing.Seconds, 5), "s", Matmul.Name, Math.Round(timing.Matmul, 6), Math.Round(matmuls, 2), Peak())
        {
            Reference = reference,
            OfReference = reference is { } theirs ? Math.Round(matmuls / theirs, 3) : null,
            Goal = goal is { } most ? FormattableString.Invariant($"at most {most} of the reference") : null,
        };
    }

    public static Measure Plain(string name, double value, string unit, string? goal = null) => new(name, Math.Round(value, 2), unit, null, null, null, Peak()) { Goal = goal };

    public void Print(bool json) => Console.WriteLine(json ? JsonSerializer.Serialize(this, Json) : Text());

    private string Text() => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{Name,-36} {Value,10} {Unit,-5}{(Ratio is { } ratio ? FormattableString.Invariant($" {ratio,8} matmuls") : "")}{(OfReference is { } of ? FormattableString.Invariant($", {of} of transformers' {Reference}") : "")}{(Goal is null ? "" : $" (goal: {Goal})")}");

    /// <summary>The most memory this process has held, in MB.</summary>
    public static double Peak()
    {
        using var process = Process.GetCurrentProcess();
        return Math.Round(process.PeakWorkingSet64 / 1e6, 1);
    }
}
