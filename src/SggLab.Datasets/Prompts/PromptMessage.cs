namespace SggLab.Datasets.Prompts;

/// <summary>A part of a message: a text, or (text null) the example's image.</summary>
public readonly record struct PromptPart(string? Text)
{
    public static PromptPart Image => new(null);

    public bool IsImage => Text is null;
}

/// <summary>A message before the chat template; roles are system, user and assistant.</summary>
public sealed record PromptMessage(string Role, IReadOnlyList<PromptPart> Parts)
{
    public PromptMessage(string role, string text) : this(role, [new PromptPart(text)]) { }
}
