using System.Text;
using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>Renders conversations as the chat templates of Qwen2-VL (which is Qwen2.5-VL's too) and of Qwen3-VL do.</summary>
public sealed class ChatTemplate
{
    // The published template; a folder may bring it in chat_template.json, chat_template.jinja or tokenizer_config.json.
    private const string Published =
        "{% set image_count = namespace(value=0) %}{% set video_count = namespace(value=0) %}{% for message in messages %}{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n{% else %}{% for content in message['content'] %}{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}{% set image_count.value = image_count.value + 1 %}{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}<|vision_start|><|image_pad|><|vision_end|>{% elif content['type'] == 'video' or 'video' in content %}{% set video_count.value = video_count.value + 1 %}{% if add_vision_id %}Video {{ video_count.value }}: {% endif %}<|vision_start|><|video_pad|><|vision_end|>{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    /// <summary>Of Qwen3-VL's instruct models, whose template is known by what of it text and images reach. Those that think begin the answer otherwise.</summary>
    private const string Qwen3Fingerprint = "3d08b9e34667226581ad2f3cc54d6f3c2e53f0541a58b367a3e0b800a1582570";

    /// <summary>Goes before the other files that may hold a template.</summary>
    private const string Jinja = "chat_template.jinja";

    private readonly bool _qwen3;

    /// <summary>The template of Qwen2-VL.</summary>
    public ChatTemplate()
        : this(qwen3: false)
    {
    }

    private ChatTemplate(bool qwen3) => _qwen3 = qwen3;

    /// <summary>The text of Qwen2-VL's template, to be written into new folders.</summary>
    public static string Text => Published;

    /// <summary>Finds the template of a model folder.</summary>
    /// <exception cref="LabException">The folder has none, or one that is not known.</exception>
    public static ChatTemplate Of(ModelFolder folder) => Candidates(folder.Path, folder.Files).FirstOrDefault() is (var file, { } text)
        ? Known(text) ?? throw new LabException($"{Path.Combine(folder.Path, file)} holds a chat template other than those of Qwen2-VL, Qwen2.5-VL and Qwen3-VL-Instruct, which are the ones supported. {(file == Jinja ? "Remove it, and put" : "Put")} the chat_template.json of the published model into the folder.")
        : throw new LabException($"{folder.Path} has no chat template (chat_template.json, chat_template.jinja, or chat_template in tokenizer_config.json).");

    /// <summary>What the conversations of a golden folder were rendered by: its own template, or Qwen2-VL's where it has none; null where its own is not known.</summary>
    internal static ChatTemplate? OfGolden(string folder) =>
        Candidates(folder, ModelFolder.SettingsIn(folder)).FirstOrDefault() is (_, { } text) ? Known(text) : new ChatTemplate();

    /// <summary>Whether a folder has a template, known or not.</summary>
    public static bool IsIn(ModelFolder folder) => Candidates(folder.Path, folder.Files).Any();

    /// <summary>Why texts are not compared with conversations.</summary>
    internal const string NotKnown = "the folder's chat template is not one that is rendered here";

    internal static bool IsKnown(string template) => Known(template) is not null;

    private static ChatTemplate? Known(string template) =>
        template.ReplaceLineEndings("\n").Trim() == Published.Trim() ? new ChatTemplate() : PlainTemplate.Fingerprint(template) == Qwen3Fingerprint ? new ChatTemplate(qwen3: true) : null;

    private static IEnumerable<(string File, string Template)> Candidates(string folder, IReadOnlyDictionary<string, byte[]> files)
    {
        if (files.TryGetValue(Jinja, out var jinja))
            yield return (Jinja, Encoding.UTF8.GetString(jinja));
        foreach (var name in new[] { "chat_template.json", "tokenizer_config.json" })
        {
            if (!files.TryGetValue(name, out var json))
                continue;
            string? template;
            try
            {
                using var document = JsonDocument.Parse(json);
                template = document.RootElement.TryGetProperty("chat_template", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new LabException($"{Path.Combine(folder, name)} is not valid JSON: {e.Message}");
            }
            if (template is not null)
                yield return (name, template);
        }
    }

    /// <summary>The conversation as text. Each image stands as one image pad between its marks.</summary>
    /// <param name="addGenerationPrompt">Whether to open the assistant's turn at the end.</param>
    /// <param name="addVisionId">Whether to number the images ("Picture 1: ").</param>
    /// <exception cref="LabException">The template of Qwen3-VL would leave out a message or an image.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, bool addVisionId = false)
    {
        var text = new StringBuilder();
        var (images, videos) = (0, 0);
        if (_qwen3)
            RequireRendered(messages);
        else if (messages.Count > 0 && messages[0].Role != "system")
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

    /// <summary>Qwen3-VL's template passes over other messages and parts without a word.</summary>
    private static void RequireRendered(IReadOnlyList<ChatMessage> messages)
    {
        foreach (var (n, message) in messages.Index())
        {
            if (message.Role is not ("user" or "assistant") && (message.Role != "system" || n > 0))
                throw new LabException($"Message {n + 1} is of the role {message.Role}; the chat template of Qwen3-VL renders messages of user and assistant, and one of system before them.");
            if (message.Role != "user" && message.Parts.Any(p => p is not ChatPart.Text))
                throw new LabException($"Message {n + 1} is of the role {message.Role} and holds more than text; the chat template of Qwen3-VL renders images of user messages only.");
        }
    }
}
