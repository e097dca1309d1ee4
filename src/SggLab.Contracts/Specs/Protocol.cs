namespace SggLab.Contracts.Specs;

/// <summary>What makes two figures comparable. Two protocols with different hashes are never ranked together.</summary>
public sealed record Protocol
{
    public required string Name { get; init; }
    /// <summary>closed (the prompt lists the categories) or open.</summary>
    public required string Prompt { get; init; }
    /// <summary>sft ("You are a helpful and multimodal AI assistant."), think (the R1 system prompt) or none.</summary>
    public required string SystemPrompt { get; init; }
    public required int MinPixels { get; init; }
    public required int MaxPixels { get; init; }
    /// <summary>Longest answer, in tokens.</summary>
    public required int MaxNewTokens { get; init; }
    /// <summary>thousand (boxes in 0..1000) or pixels.</summary>
    public required string BoxFrame { get; init; }
    /// <summary>reference (the R1-SGG parser).</summary>
    public required string AnswerParser { get; init; }
    /// <summary>Data set name and split that are ranked, such as vg150/val.</summary>
    public required string Dataset { get; init; }
    public required string Split { get; init; }
}
