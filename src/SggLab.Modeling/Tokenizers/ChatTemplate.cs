using System.Text;
using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>Renders conversations as the chat template of Qwen2-VL and Qwen2.5-VL does.</summary>
public sealed class ChatTemplate
{
    // The published template; a folder may bring it in chat_template.json, chat_template.jinja or tokenizer_config.json.
    private const string Published =
        "{% set image_count = namespace(value=0) %}{% set video_count = namespace(value=0) %}{% for message in messages %}{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n{% else %}{% for content in message['content'] %}{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}{% set image_count.value = image_count.value + 1 %}{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}<|vision_start|><|image_pad|><|vision_end|>{% elif content['type'] == 'video' or 'video' in content %}{% set video_count.value = video_count.value + 1 %}{% if add_vision_id %}Video {{ video_count.value }}: {% endif %}<|vision_start|><|video_pad|><|vision_end|>{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    /// <summary>The text of the template, to be written into new folders.</summary>
    public static string Text => Published;

    /// <summary>Finds the template of a model folder.</summary>
    /// <exception cref="LabException">The folder has none, or one that is not known.</exception>
    public static ChatTemplate Of(ModelFolder folder)
    {
        foreach (var (file, template) in Candidates(folder))
        {
            if (!IsPublished(template))
                throw new LabException($"{Path.Combine(folder.Path, file)} holds a chat template other than that of Qwen2-VL and Qwen2.5-VL, which is the one supported.");
            return new ChatTemplate();
        }
        throw new LabException($"{folder.Path} has no chat template (chat_template.json, chat_template.jinja, or chat_template in tokenizer_config.json).");
    }

    /// <summary>Whether a folder has a template, known or not.</summary>
    public static bool IsIn(ModelFolder folder) => Candidates(folder).Any();

    internal static bool IsPublished(string template) => template.ReplaceLineEndings("\n").Trim() == Published.Trim();

    private static IEnumerable<(string File, string Template)> Candidates(ModelFolder folder)
    {
        if (folder.Files.TryGetValue("chat_template.jinja", out var jinja))
            yield return ("chat_template.jinja", Encoding.UTF8.GetString(jinja));
        foreach (var name in new[] { "chat_template.json", "tokenizer_config.json" })
        {
            if (!folder.Files.TryGetValue(name, out var json))
                continue;
            string? template;
            try
            {
                using var document = JsonDocument.Parse(json);
                template = document.RootElement.TryGetProperty("chat_template", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new LabException($"{Path.Combine(folder.Path, name)} is not valid JSON: {e.Message}");
            }
            if (template is not null)
                yield return (name, template);
        }
    }

    /// <summary>The conversation as text. Each image stands as one image pad between its marks.</summary>
    /// <param name="addGenerationPrompt">Whether to open the assistant's turn at the end.</param>
    /// <param name="addVisionId">Whether to number the images ("Picture 1: ").</param>
    public string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, bool addVisionId = false)
    {
        var text = new StringBuilder();
        var (images, videos) = (0, 0);
        if (messages.Count > 0 && messages[0].Role != "system")
            text.Append("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n");
        foreach (var message in messages)
        {
            text.Append("<|im_start|>").Append(message.Role).Append('\n');
            foreach (var part in message.Parts)
            {
                text.Append(part switch
                {
                    ChatPart.Image => $"{(addVisionId ? $"Picture {++images}: " : "")}<|vision_start|><|image_pad|><|vision_end|>",
                    ChatPart.Video => $"{(addVisionId ? $"Video {++videos}: " : "")}<|vision_start|><|video_pad|><|vision_end|>",
                    ChatPart.Text plain => plain.Value,
                    _ => "",
                });
            }
            text.Append("<|im_end|>\n");
        }
        if (addGenerationPrompt)
            text.Append("<|im_start|>assistant\n");
        return text.ToString();
    }
}
