using System.Text;

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

/// <summary>
/// What Qwen2-VL's and Qwen2.5-VL's chat template makes of such messages, one placeholder for the image. A model folder's
/// own template is SggLab.Modeling's business; this is for showing and hashing prompts without a model.
/// </summary>
public static class ChatText
{
    public static string Render(IEnumerable<PromptMessage> messages, bool addGenerationPrompt)
    {
        var text = new StringBuilder();
        foreach (var message in messages)
        {
            text.Append("<|im_start|>").Append(message.Role).Append('\n');
            foreach (var part in message.Parts) text.Append(part.Text ?? "<|vision_start|><|image_pad|><|vision_end|>");
            text.Append("<|im_end|>\n");
        }
        return addGenerationPrompt ? text.Append("<|im_start|>assistant\n").ToString() : text.ToString();
    }
}
