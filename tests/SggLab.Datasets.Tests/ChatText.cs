using System.Text;
using SggLab.Datasets.Prompts;

namespace SggLab.Datasets.Tests;

/// <summary>
/// What Qwen2-VL's and Qwen2.5-VL's chat template makes of such messages, one placeholder for the image. A model folder's
/// own template is SggLab.Modeling's business; this is enough to compare with the vectors.
/// </summary>
internal static class ChatText
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
