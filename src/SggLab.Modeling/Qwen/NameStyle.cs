namespace SggLab.Modeling;

/// <summary>How a checkpoint names its weights.</summary>
public enum NameStyle
{
    /// <summary>model.layers.*, visual.*: Qwen2-VL and Qwen2.5-VL as published.</summary>
    Flat,
    /// <summary>model.language_model.layers.*, model.visual.*: newer writers, and Qwen3-VL.</summary>
    Nested,
}
