using System.Text.Json.Nodes;
using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Modeling;
using SggLab.Training.Prompts;

namespace SggLab.Training.Tests.Prompts;

public sealed class ExamplePromptsTests
{
    /// <summary>Qwen2-VL's images have sides of multiples of 28, Qwen3-VL's of 32.</summary>
    [Theory]
    [InlineData("qwen2-vl-tiny"), InlineData("qwen3-vl-tiny")]
    public void Boxes_in_pixels_are_of_the_image_that_the_model_reads(string model)
    {
        var protocol = NamedProtocols.Find("r1sgg-sft", "vg150", "val")! with { BoxFrame = "pixels" };
        var prompts = new ExamplePrompts(PromptProcessor.Load(Golden.Folder("qwen", model)), protocol, "vg150", trainingMaxPixels: 100_000);
        using var data = ParquetDataset.Open(Golden.Folder("datasets", "hf", "vg150_train_sgg_prompt"));
        for (var n = 0; n < data.Count; n++)
        {
            var example = data[n];
            var read = prompts.ForTraining(example).Picture!();
            var written = JsonNode.Parse(prompts.Answer(example, inTags: false, timesSeen: null, seed: 0)["```json".Length..^"```\n".Length])!["objects"]!.AsArray();
            foreach (var (target, item) in written.Zip(example.Objects))
                target!["bbox"]!.AsArray().Select(side => (int)side!).ShouldBe([Pixel(item.Box.X1, example.Width, read.Width), Pixel(item.Box.Y1, example.Height, read.Height), Pixel(item.Box.X2, example.Width, read.Width), Pixel(item.Box.Y2, example.Height, read.Height)], $"row {n}");
        }
    }

    private static int Pixel(double at, int of, int read) => (int)(at / of * read);
}
