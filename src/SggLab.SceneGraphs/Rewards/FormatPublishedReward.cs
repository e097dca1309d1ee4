using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>The format reward as the published commit computes it: its repetition check hashes a list of dicts and raises, so that every graph with an object earns 0.</summary>
internal static class FormatPublishedReward
{
    public static double Compute(RewardCase c) =>
        c.Objects is { } objects && c.Json(objects).Kind == JsonKind.Array && c.Json(objects).Count > 0 ? 0 : FormatReward.Compute(c);
}
