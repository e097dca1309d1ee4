namespace SggLab.SceneGraphs.Rewards;

/// <summary>What a reward has to say about one case.</summary>
/// <param name="Reason">Why it is 0 as a whole, whatever was found; of the format reward, the rule that failed. Null where neither is so.</param>
/// <param name="Detail">What it counted; null where there is a reason.</param>
internal readonly record struct Told(string? Reason, string? Detail = null);
