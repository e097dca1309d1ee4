using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Modeling;
using SggLab.Training.Prompts;
using SggLab.Training.Sft;

namespace SggLab.Training.Tests.Sft;

public sealed class SftRowTests : IDisposable
{
    private readonly TinyRuns _runs = new();
    public void Dispose() => _runs.Dispose();

    /// <summary>Two conversations with images, which the reference padded on the right.</summary>
    [Theory]
    [InlineData("qwen2-vl-tiny"), InlineData("qwen2_5-vl-tiny"), InlineData("qwen3-vl-tiny")]
    public void Ids_and_labels_are_the_references(string model)
    {
        var folder = ModelFolder.Open(Golden.Folder("qwen", model));
        var processor = PromptProcessor.Of(folder);
        using var golden = Golden.Json("qwen", model, "golden.json");
        var tensors = Golden.Tensors("qwen", model, "forward_right_padded.safetensors");
        int[] Row(string name, int r) => [.. tensors[name][r].data<long>().Select(id => (int)id)];
        var bounds = golden.RootElement.GetProperty("image_processor");
        var images = processor.Images.With(bounds.GetProperty("min_pixels").GetInt64(), bounds.GetProperty("max_pixels").GetInt64());
        foreach (var (conversation, r) in golden.RootElement.GetProperty("cases").GetProperty("right_padded").GetProperty("messages").EnumerateArray().Select((messages, r) => (messages, r)))
        {
            var messages = conversation.EnumerateArray().ToArray();
            var prompt = processor.Process([.. messages[..^1].Select(message => Message(message, images))]);
            var answer = messages[^1].GetProperty("content")[0].GetProperty("text").GetString()!;
            var length = Row("attention_mask", r).Sum();

            var chat = SftRow.OfChat(prompt, answer, processor.Tokenizer, folder.Config);
            chat.Ids.ShouldBe(Row("input_ids", r)[..length]);
            chat.Labels.ShouldBe(Row("labels_r1sgg", r)[..length]);

            var taught = SftRow.OfAnswer(prompt, answer, processor.Tokenizer);
            taught.Ids.ShouldBe(Row("input_ids", r)[..taught.Ids.Length]);
            taught.Labels!.Concat(Enumerable.Repeat(BatchRow.Ignored, length - taught.Ids.Length)).ShouldBe(Row("labels_assistant", r)[..length]);
        }
    }

    private static ChatMessage Message(JsonElement message, ImageProcessor images) => new(message.GetProperty("role").GetString()!, [.. message.GetProperty("content").EnumerateArray().Select(part =>
        part.GetProperty("type").GetString() == "image"
            ? new ChatPart.Image(images.Process(Picture(part.GetProperty("image").GetString()!)))
            : (ChatPart)new ChatPart.Text(part.GetProperty("text").GetString()!))]);

    private static Modeling.RgbImage Picture(string name) => Modeling.RgbImage.Decode(File.ReadAllBytes(Golden.Folder("qwen", "inputs", name)), name, turn: true);

    [Fact]
    public void A_published_example_is_the_references_chat_to_its_last_newline()
    {
        var folder = ModelFolder.Open(Golden.Folder("qwen", "qwen2-vl-tiny"));
        var processor = PromptProcessor.Of(folder);
        var prompts = new ExamplePrompts(processor, NamedProtocols.Find("r1sgg-sft", "vg150", "val")!, "vg150", trainingMaxPixels: 12544);
        using var data = ParquetDataset.Open(Golden.Folder("datasets", "hf", "vg150_train_sgg_prompt"));
        var expected = File.ReadLines(Golden.Folder("datasets", "expected", "hf", "vg150_train_sgg_prompt.jsonl")).Select(line => JsonNode.Parse(line)!).ToArray();
        foreach (var (want, n) in expected.Select((want, n) => (want, n)))
        {
            var row = SftRow.OfChat(prompts.ForTraining(data[n]).Prompt, prompts.Answer(data[n], inTags: false, timesSeen: null, seed: 0), processor.Tokenizer, folder.Config);
            var ids = row.Ids.Where((id, i) => id != folder.Config.ImageTokenId || row.Ids[i - 1] != id).ToArray();
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(processor.Tokenizer.Decode(ids)))).ShouldBe((string)want["sft"]!["close"]!["chat_text_sha256"]!, $"row {n}");
        }
    }

    [Fact]
    public void A_run_counts_the_tokens_that_its_labels_teach()
    {
        double Tokens(string labels)
        {
            var (closed, recorder) = _runs.Run(_runs.Spec(RunMethod.Sft) with { Sft = TinyRuns.Sft with { Labels = labels, MaxSteps = 1, BatchSize = 12, Answer = "fence" }, Checkpoints = new() { EverySteps = 9, Final = "weights" } });
            closed.ShouldBe(new ClosedRecord("completed", null, null, 1));
            return recorder.Series("num_tokens")[0]!.Value;
        }
        var spec = _runs.Spec(RunMethod.Sft);
        var folder = ModelFolder.Open(spec.Model.Folder!);
        var prompts = new ExamplePrompts(PromptProcessor.Of(folder), spec.Protocol, spec.Data.Vocabulary);
        using var data = ParquetDataset.Open(spec.Data.Train!);
        // Nothing stands before the first token to predict it.
        double Taught(Func<ProcessedPrompt, string, BatchRow> row) => Enumerable.Range(0, 12).Sum(i =>
            row(prompts.ForTraining(data[i]).Prompt, prompts.Answer(data[i], inTags: false, timesSeen: null, seed: 0)).Labels!.Skip(1).Count(label => label != BatchRow.Ignored));

        Tokens("reference").ShouldBe(Taught((prompt, answer) => SftRow.OfChat(prompt, answer, prompts.Tokenizer, folder.Config)));
        Tokens("answer").ShouldBe(Taught((prompt, answer) => SftRow.OfAnswer(prompt, answer, prompts.Tokenizer)));
    }
}
