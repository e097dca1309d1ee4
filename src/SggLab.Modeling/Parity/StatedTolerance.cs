using System.Text.Json;

namespace SggLab.Modeling;

/// <summary>
/// Two correct implementations differ more the larger a model's states are. golden.json may say by how much, from two runs of the reference:
/// {"tolerance": {"states": 0.004, "logits": 0.001}}. It is used where it is above parity's own.
/// </summary>
internal static class StatedTolerance
{
    /// <param name="kind">states or logits.</param>
    public static double Of(JsonElement golden, string kind, double own) =>
        golden.TryGetProperty("tolerance", out var stated) && stated.TryGetProperty(kind, out var value) ? Math.Max(own, value.GetDouble()) : own;
}
