using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>The format reward as the published commit computes it: its repetition check hashes a list of dicts and raises, so that every graph with an object earns 0.</summary>
internal static class FormatPublishedReward
{
    public static double Compute(RewardCase c) => HasObject(c) ? 0 : FormatReward.Compute(c);

    public static Told Explain(RewardCase c, RewardFaults faults) =>
        HasObject(c) ? new Told("As published, the reward raises on every answer with an object.") : FormatReward.Explain(c, faults);

    private static bool HasObject(RewardCase c) => c.Objects is { } objects && c.Json(objects).Kind == JsonKind.Array && c.Json(objects).Count > 0;
}
