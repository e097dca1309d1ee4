using System.Diagnostics;
using System.Text.Json;

namespace SggLab.SceneGraphs.Bench;

/// <summary>A line of a benchmark's output.</summary>
/// <param name="Yardstick">What the value is held against, and where its figure comes from.</param>
/// <param name="Ratio">Above 1: better than the yardstick.</param>
internal sealed record Measure(string Name, double Value, string Unit, string? Yardstick, double? YardstickValue, double? Ratio, double PeakMemoryMb)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static Measure Rate(string name, double value, string unit, string yardstick, double yardstickValue) =>
        new(name, Math.Round(value, 1), unit, yardstick, yardstickValue, Math.Round(value / yardstickValue, 2), Peak());

    public static Measure Time(string name, double value, string unit, string yardstick, double yardstickValue) =>
        new(name, Math.Round(value, 4), unit, yardstick, yardstickValue, Math.Round(yardstickValue / value, 2), Peak());

    public static Measure Plain(string name, double value, string unit) => new(name, Math.Round(value, 1), unit, null, null, null, Peak());

    public void Print(bool json) => Console.WriteLine(json
        ? JsonSerializer.Serialize(this, Json)
        : FormattableString.Invariant($"{Name,-32} {Value,12} {Unit}{(Ratio is { } ratio ? FormattableString.Invariant($"   {ratio} x ({Yardstick}: {YardstickValue})") : "")}"));

    private static double Peak()
    {
        using var process = Process.GetCurrentProcess();
        return Math.Round(process.PeakWorkingSet64 / 1e6, 1);
    }
}
