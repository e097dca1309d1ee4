using SggLab.Contracts;

namespace SggLab.Modeling.Tests;

public sealed class ChatTemplateTests : IDisposable
{
    /// <summary>What the template of Qwen3-VL does with text and images.</summary>
    private const string Qwen3 = """
        {%- if messages[0].role == 'system' %}{{- '<|im_start|>system\n' }}
        {%- if messages[0].content is string %}{{- messages[0].content }}
        {%- else %}{%- for content in messages[0].content %}{%- if 'text' in content %}{{- content.text }}{%- endif %}{%- endfor %}
        {%- endif %}{{- '<|im_end|>\n' }}{%- endif %}
        {%- for message in messages %}
        {%- if message.role == 'user' %}{{- '<|im_start|>' + message.role + '\n' }}
        {%- if message.content is string %}{{- message.content }}
        {%- else %}{%- for content in message.content %}
        {%- if content.type == 'image' or 'image' in content or 'image_url' in content %}<|vision_start|><|image_pad|><|vision_end|>
        {%- elif 'text' in content %}{{- content.text }}{%- endif %}{%- endfor %}
        {%- endif %}{{- '<|im_end|>\n' }}
        {%- elif message.role == 'assistant' %}{{- '<|im_start|>' + message.role + '\n' }}
        {%- if message.content is string %}{{- message.content }}
        {%- else %}{%- for content_item in message.content %}{%- if 'text' in content_item %}{{- content_item.text }}{%- endif %}{%- endfor %}
        {%- endif %}{{- '<|im_end|>\n' }}{%- endif %}{%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}
        """;

    private static readonly ChatPart.Image Picture = new(null);

    private readonly string _folder = Directory.CreateTempSubdirectory("sgglab-chat-").FullName;

    [Fact]
    public void The_template_of_Qwen3_VL_sets_no_system_message()
    {
        var template = Template(Qwen3);

        template.Render([new ChatMessage("user", [Picture, new ChatPart.Text("what?")])], addGenerationPrompt: true)
            .ShouldBe("<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>what?<|im_end|>\n<|im_start|>assistant\n");
        template.Render([new ChatMessage("system", "S"), new ChatMessage("user", [new ChatPart.Text("a"), Picture, new ChatPart.Text("b"), Picture]), new ChatMessage("assistant", "ok"), new ChatMessage("user", "more")], addGenerationPrompt: false)
            .ShouldBe("<|im_start|>system\nS<|im_end|>\n<|im_start|>user\na<|vision_start|><|image_pad|><|vision_end|>b<|vision_start|><|image_pad|><|vision_end|><|im_end|>\n<|im_start|>assistant\nok<|im_end|>\n<|im_start|>user\nmore<|im_end|>\n");
    }

    [Theory]
    [InlineData("{%- if messages[0].role", "{%- if tools %}{{- 'You may call these.' }}{%- else %}{%- if messages[0].role", "{%- for message in", "{%- endif %}{%- for message in")]
    [InlineData("<|vision_start|><|image_pad|>", "{%- set image_count.value = image_count.value + 1 %}{%- if add_vision_id %}Picture {{ image_count.value }}: {% endif -%}<|vision_start|><|image_pad|>", "\n{%- elif 'text' in content", "{%- elif content.type == 'video' or 'video' in content %}<|video_pad|>{%- elif 'text' in content")]
    [InlineData("'user'", "\"user\"", "messages[0].role ==", "messages[0].role  ==")]
    public void Branches_that_text_and_images_do_not_reach_may_differ(string one, string other, string second, string secondOther) =>
        Template(Replace(Replace(Qwen3, one, other), second, secondOther)).Render([new ChatMessage("user", "hi")], addGenerationPrompt: false).ShouldBe("<|im_start|>user\nhi<|im_end|>\n");

    [Theory]
    [InlineData("'<|im_start|>assistant\\n' }}", "'<|im_start|>assistant\\n<think>\\n' }}")]
    [InlineData("{%- for message in", "{%- if not tools %}Be kind.{%- endif %}{%- for message in")]
    [InlineData("{%- for message in", "Be kind.{%- for message in")]
    [InlineData("<|vision_end|>\n{%- elif", "<|vision_end|>\n{% elif")]
    [InlineData("{%- endfor %}", "")]
    public void A_template_that_renders_otherwise_is_refused(string one, string other) =>
        Should.Throw<LabException>(() => Template(Replace(Qwen3, one, other))).Message.ShouldContain("chat template other than");

    [Theory]
    [InlineData("user", "system")]
    [InlineData("user", "tool")]
    public void A_message_that_the_template_of_Qwen3_VL_leaves_out_is_refused(string first, string second) =>
        Should.Throw<LabException>(() => Template(Qwen3).Render([new ChatMessage(first, "a"), new ChatMessage(second, "b")], addGenerationPrompt: true)).Message.ShouldContain(second);

    [Fact]
    public void An_image_that_the_template_of_Qwen3_VL_leaves_out_is_refused() =>
        Should.Throw<LabException>(() => Template(Qwen3).Render([new ChatMessage("assistant", [Picture])], addGenerationPrompt: true)).Message.ShouldContain("assistant");

    [Fact]
    public void A_folder_with_the_template_of_Qwen3_VL_is_compared_by_it()
    {
        Template(Qwen3);
        File.Copy(Path.Combine(Golden.Model("qwen3-vl-tiny"), "golden.json"), Path.Combine(_folder, "golden.json"));

        new SettingsParity(_folder).Check().Single(i => i.Item.EndsWith("chat_template.jinja", StringComparison.Ordinal)).Ok.ShouldBeTrue();
        new CaseParity(GoldenCases.Read(_folder), ModelFolder.Open(_folder).Config).Texts().Where(i => !i.Ok).ShouldNotBeEmpty("the texts were rendered by the template of Qwen2-VL, with its system message");
    }

    private ChatTemplate Template(string text)
    {
        foreach (var file in new[] { "config.json", "preprocessor_config.json", "tokenizer.json" })
            File.Copy(Path.Combine(Golden.Model("qwen3-vl-tiny"), file), Path.Combine(_folder, file));
        File.WriteAllText(Path.Combine(_folder, "chat_template.jinja"), text);
        return PromptProcessor.Load(_folder).Template;
    }

    private static string Replace(string text, string one, string other)
    {
        text.ShouldContain(one);
        return text.Replace(one, other, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
