using System.Security.Cryptography;

namespace SggLab.Datasets.Tests;

public class ParquetDatasetTests
{
    public static TheoryData<string> Published => ["vg150_train_sgg_prompt", "vg150_val_sgg_prompt", "psg_train_sg", "psg_test_sg"];

    [Theory, MemberData(nameof(Published))]
    public void A_published_data_set_reads_as_the_reference_reads_it(string name)
    {
        using var dataset = ParquetDataset.Open(Golden.File("hf", name));
        var expected = Golden.Lines("expected", "hf", name + ".jsonl").ToList();
        dataset.Count.ShouldBe(expected.Count);
        foreach (var (example, want) in dataset.Zip(expected))
        {
            example.ImageId.ShouldBe((string)want["image_id"]!);
            example.Objects.Select(item => item.Id).ShouldBe(want["objects"]!.AsArray().Select(item => (string)item!["id"]!));
            example.Objects.SelectMany(item => new[] { item.Box.X1, item.Box.Y1, item.Box.X2, item.Box.Y2 })
                .ShouldBe(want["objects"]!.AsArray().SelectMany(item => item!["bbox"]!.AsArray().Select(number => (double)number!)));
            example.Relationships.Select(item => (item.Subject, item.Predicate, item.Object))
                .ShouldBe(want["relationships"]!.AsArray().Select(item => ((string)item!["subject"]!, (string)item["predicate"]!, (string)item["object"]!)));
            (example.PromptClose is not null).ShouldBe(name.StartsWith("vg150", StringComparison.Ordinal));
        }
    }

    [Theory, MemberData(nameof(Published))]
    public void Pictures_decode_to_the_same_pixels_as_in_the_reference(string name)
    {
        using var dataset = ParquetDataset.Open(Golden.File("hf", name));
        foreach (var (example, want) in dataset.Zip(Golden.Lines("expected", "hf", name + ".jsonl")))
        {
            var size = want["image"]!["size"]!.AsArray();
            (example.Width, example.Height).ShouldBe(((int)size[0]!, (int)size[1]!), $"row {example.Origin.Row}");
            var rgb = example.Image.DecodeRgb();
            (rgb.Width, rgb.Height).ShouldBe((example.Width, example.Height));
            Convert.ToHexStringLower(SHA256.HashData(rgb.Pixels)).ShouldBe((string)want["image"]!["rgb_sha256"]!, $"row {example.Origin.Row}");
        }
    }

    [Fact]
    public void Any_row_can_be_read_alone_in_any_order()
    {
        using var dataset = ParquetDataset.Open(Golden.File("hf", "vg150_train_sgg_prompt"));
        var inOrder = dataset.Select(example => example.ImageId).ToList();
        for (var row = dataset.Count - 1; row >= 0; row--) dataset[row].ImageId.ShouldBe(inOrder[row]);
        dataset.Shuffled(7).Select(example => example.ImageId).ShouldBe(inOrder, ignoreOrder: true);
        dataset.Shuffled(7).Select(example => example.ImageId).ShouldBe(dataset.Shuffled(7).Select(example => example.ImageId));
        dataset.Shuffled(7).Select(example => example.ImageId).ShouldNotBe(dataset.Shuffled(8).Select(example => example.ImageId));
    }
}
