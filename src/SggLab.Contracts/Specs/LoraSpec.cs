namespace SggLab.Contracts.Specs;

/// <summary>A low-rank adapter (LoRA) that is trained in place of the model's own weights.</summary>
public sealed record LoraSpec
{
    /// <summary>Rows of A and columns of B.</summary>
    public required int Rank { get; init; }
    /// <summary>The update is scaled by alpha / rank (alpha / sqrt(rank) where rank-stabilised).</summary>
    public required double Alpha { get; init; }
    /// <summary>Layers whose path ends with one of these names; layers of the vision tower that have such a name take part too (Qwen2.5-VL has a gate_proj there).</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
    /// <summary>Scale by alpha / sqrt(rank) (rsLoRA).</summary>
    public bool RankStabilised { get; init; }
}
