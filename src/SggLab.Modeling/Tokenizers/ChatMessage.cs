namespace SggLab.Modeling;

/// <summary>A part of a message: text or an image.</summary>
public abstract record ChatPart
{
    /// <summary>Plain text.</summary>
    public sealed record Text(string Value) : ChatPart;

    /// <summary>An image, already processed; null where only the template is rendered.</summary>
    public sealed record Image(ProcessedImage? Value) : ChatPart;

    /// <summary>A video; templates know it, models here do not read it.</summary>
    public sealed record Video : ChatPart;
}

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">system, user or assistant.</param>
public sealed record ChatMessage(string Role, IReadOnlyList<ChatPart> Parts)
{
    public ChatMessage(string role, string text)
        : this(role, [new ChatPart.Text(text)])
    {
    }
}
