using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SggLab.Datasets.Prompts;

namespace SggLab.Datasets.Tests;

public class PromptTests
{
    private static readonly JsonNode Texts = JsonNode.Parse(File.ReadAllText(Golden.File("prompts.json")))!;

    public static TheoryData<string> Published => ParquetDatasetTests.Published;

    [Fact]
    public void The_prompt_texts_are_the_references()
    {
        PromptTexts.Open.ShouldBe((string)Texts["open"]!);
        PromptTexts.ClosedVg150.ShouldBe((string)Texts["close_vg150"]!);
        PromptTexts.ClosedPsg.ShouldBe((string)Texts["close_psg"]!);
        PromptTexts.ThinkSystem.ShouldBe((string)Texts["system_rl"]!);
        PromptTexts.PlainSystem.ShouldBe((string)Texts["system_sft"]!);
    }

    [Theory, MemberData(nameof(Published))]
    public void Sft_messages_and_targets_are_the_references(string name)
    {
        foreach (var (example, want) in Rows(name))
        {
            foreach (var style in new[] { PromptStyle.Open, PromptStyle.Closed })
            {
                var expected = want["sft"]![style == PromptStyle.Open ? "open" : "close"]!;
                var messages = PromptBuilder.ForSft(example, Settings(name, style));
                messages[^1].Parts[0].Text.ShouldBe((string)expected["target"]!);
                ShouldBeThe(messages.Take(messages.Count - 1), expected["messages"]!);
                Hash(ChatText.Render(messages, addGenerationPrompt: false)).ShouldBe((string)expected["chat_text_sha256"]!);
            }
            var order = want["sft"]!["shuffled"]!["order"]!.AsArray().Select(index => (int)index!).ToArray();
            SftTarget.Of(example, Settings(name, PromptStyle.Open), order).ShouldBe((string)want["sft"]!["shuffled"]!["target"]!);
        }
    }

    [Theory, MemberData(nameof(Published))]
    public void Rl_prompts_solutions_and_scales_are_the_references(string name)
    {
        foreach (var (example, want) in Rows(name))
        {
            var expected = want["rl"]!;
            foreach (var (key, style, system) in new[]
            {
                ("open", PromptStyle.Open, SystemPrompt.Think), ("open_no_think_system", PromptStyle.Open, SystemPrompt.Plain),
                ("close", PromptStyle.Closed, SystemPrompt.Think), ("close_no_think_system", PromptStyle.Closed, SystemPrompt.Plain),
            })
            {
                var messages = PromptBuilder.ForTraining(example, Settings(name, style) with { System = system });
                ShouldBeThe(messages, expected[key]!["messages"]!);
                Hash(ChatText.Render(messages, addGenerationPrompt: true)).ShouldBe((string)expected[key]!["chat_text_sha256"]!);
            }
            var solution = RlSolution.Of(example);
            var boxes = expected["solution"]!["objects"]!.AsArray().Select(item => item!["bbox"]!.AsArray().Select(number => (double)number!).ToArray()).ToList();
            solution.Objects.Select(item => new[] { item.Box.X1, item.Box.Y1, item.Box.X2, item.Box.Y2 }).ShouldBe(boxes);
            foreach (var (key, family) in new[] { ("box_scale_qwen2vl", ModelFamily.Qwen2VL), ("box_scale_qwen2.5vl", ModelFamily.Qwen25VL) })
            {
                var scale = PromptBuilder.Scale(example.Image.Size, Settings(name, PromptStyle.Open) with { Family = family, MaxPixels = 512 * 28 * 28 });
                new[] { scale.Width, scale.Height }.ShouldBe(expected[key]!.AsArray().Select(number => (double)number!));
            }
        }
    }

    [Theory, MemberData(nameof(Published))]
    public void Inference_prompts_are_the_references(string name)
    {
        foreach (var (example, want) in Rows(name))
        {
            foreach (var (key, style, system) in new[]
            {
                ("open", PromptStyle.Open, SystemPrompt.Plain), ("open_think", PromptStyle.Open, SystemPrompt.Think),
                ("close", PromptStyle.Closed, SystemPrompt.Plain), ("close_think", PromptStyle.Closed, SystemPrompt.Think),
            })
                ShouldBeThe(PromptBuilder.ForInference(example, Settings(name, style) with { System = system }), want["inference"]![key]!);
            var scale = PromptBuilder.Scale(example.Image.Size, Settings(name, PromptStyle.Open) with { Family = ModelFamily.Qwen25VL });
            new[] { scale.Width, scale.Height }.ShouldBe(want["inference"]!["box_scale_qwen2.5vl"]!.AsArray().Select(number => (double)number!));
        }
    }

    [Theory, InlineData("vg150_train_sgg_prompt"), InlineData("vg150_val_sgg_prompt")]
    public void The_open_vocabulary_split_keeps_what_the_reference_keeps(string name)
    {
        foreach (var (example, want) in Rows(name))
        {
            var kept = OvdrSplit.Of(example);
            (kept is null).ShouldBe(want["ovdr"] is null);
            if (kept is null) continue;
            kept.ObjectsJson.ShouldBe(Python(want["ovdr"]!["objects"]!));
            kept.RelationshipsJson.ShouldBe(Python(want["ovdr"]!["relationships"]!));
        }
    }

    [Fact]
    public void The_demo_prompts_come_from_the_data_set_in_training_and_in_inference()
    {
        var scene = Synthetic.SyntheticScenes.Scene(1, 1);
        var settings = new PromptSettings { Source = PromptSource.DataSet, Style = PromptStyle.Closed, System = SystemPrompt.Plain };
        PromptBuilder.ForTraining(scene, settings)[^1].Parts[^1].Text.ShouldBe(Synthetic.SceneVocabulary.PromptClose);
        PromptBuilder.ForInference(scene, settings)[^1].Parts[^1].Text.ShouldBe(Synthetic.SceneVocabulary.PromptClose);
        Should.Throw<DatasetException>(() => PromptBuilder.ForTraining(scene with { PromptClose = null }, settings)).Message.ShouldContain("prompt_close");
    }

    [Fact]
    public void Targets_can_follow_the_family()
    {
        using var dataset = ParquetDataset.Open(Golden.File("hf", "vg150_train_sgg_prompt"));
        var example = dataset[4];
        var settings = Settings("vg150", PromptStyle.Open) with { Family = ModelFamily.Qwen25VL, Frame = TargetFrame.Family };
        SftTarget.Of(example, settings).ShouldContain("{\"id\": \"tie.2\", \"bbox\": [115, 44, 159, 94]}");
        SftTarget.Of(example, settings with { Frame = TargetFrame.Thousand }).ShouldContain("{\"id\": \"tie.2\", \"bbox\": [460, 400, 632, 841]}");
    }

    [Fact]
    public void An_id_with_two_dots_cannot_be_shuffled()
    {
        var scene = Synthetic.SyntheticScenes.Scene(1, 1);
        var odd = scene with { Objects = [scene.Objects[0] with { Id = "a.b.1" }], Relationships = [] };
        Should.Throw<DatasetException>(() => SftTarget.Of(odd, Settings("vg150", PromptStyle.Open), [0])).Message.ShouldContain("\"a.b.1\"");
    }

    [Theory]
    [InlineData(10, 10, 28, 56, 56)]
    [InlineData(13, 2000, 28, 28, 700)]
    [InlineData(42, 70, 28, 56, 56)]
    [InlineData(48, 80, 32, 64, 64)]
    public void Small_and_halfway_sizes_are_rounded_as_in_the_processor(int width, int height, int factor, int wantWidth, int wantHeight) =>
        SmartResize.Of(new ImageSize(width, height), factor, 4 * 28 * 28, 1024 * 28 * 28).ShouldBe(new ImageSize(wantWidth, wantHeight));

    [Fact]
    public void Shuffling_starts_at_the_second_time_and_happens_half_the_times()
    {
        SftTarget.DrawOrder(5, timesSeen: 0, seed: 3).ShouldBeNull();
        var shuffled = Enumerable.Range(1, 1000).Count(time => SftTarget.DrawOrder(5, time, seed: 3) is not null);
        shuffled.ShouldBeInRange(430, 570);
        SftTarget.DrawOrder(5, 7, 3).ShouldBe(SftTarget.DrawOrder(5, 7, 3));
    }

    private static PromptSettings Settings(string name, PromptStyle style) => new()
    {
        Source = name.StartsWith("psg", StringComparison.Ordinal) ? PromptSource.Psg : PromptSource.Vg150,
        Style = style,
        System = SystemPrompt.Plain,
    };

    private static List<(SceneGraphExample Example, JsonNode Want)> Rows(string name)
    {
        using var dataset = ParquetDataset.Open(Golden.File("hf", name));
        return [.. dataset.Zip(Golden.Lines("expected", "hf", name + ".jsonl"))];
    }

    private static void ShouldBeThe(IEnumerable<PromptMessage> messages, JsonNode want)
    {
        var expected = want.AsArray();
        messages.Select(message => message.Role).ShouldBe(expected.Select(message => (string)message!["role"]!));
        foreach (var (message, wanted) in messages.Zip(expected))
        {
            var parts = wanted!["content"] is JsonArray list
                ? list.Select(part => (string)part!["type"]! == "image" ? null : Expand((string)part["text"]!))
                : [Expand((string)wanted["content"]!)];
            message.Parts.Select(part => part.Text).ShouldBe(parts);
        }
    }

    private static string Expand(string text) => text.StartsWith('@') ? (string)Texts[text[1..]]! : text;

    private static string Python(JsonNode node)
    {
        using var document = System.Text.Json.JsonDocument.Parse(node.ToJsonString());
        return PythonDumps.Value(document.RootElement);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
