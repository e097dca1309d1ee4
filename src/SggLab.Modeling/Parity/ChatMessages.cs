using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>Reads conversations as the reference's files hold them.</summary>
internal static class ChatMessages
{
    public static List<ChatMessage> Of(JsonElement messages) => [.. messages.EnumerateArray().Select(m =>
    {
        var (role, content) = (m.GetProperty("role").GetString()!, m.GetProperty("content"));
        return content.ValueKind == JsonValueKind.String ? new ChatMessage(role, content.GetString()!) : new ChatMessage(role, [.. content.EnumerateArray().Select(Part)]);
    })];

    private static ChatPart Part(JsonElement part)
    {
        var type = part.TryGetProperty("type", out var value) ? value.GetString() : null;
        if (type == "image" || part.TryGetProperty("image", out _) || part.TryGetProperty("image_url", out _))
            return new ChatPart.Image(null);
        if (type == "video" || part.TryGetProperty("video", out _))
            return new ChatPart.Video();
        return part.TryGetProperty("text", out var text) ? new ChatPart.Text(text.GetString()!) : throw new LabException($"A message part of type {type} is not known.");
    }
}
