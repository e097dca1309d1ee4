using SggLab.Datasets.Inspection;
using SggLab.Datasets.Psg;
using SggLab.Datasets.Synthetic;
using SggLab.Datasets.VisualGenome;

namespace SggLab.Datasets.Tests;

public sealed class DatasetConversionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Visual_genome_becomes_the_published_layout()
    {
        using var source = VgDataset.Open(Golden.File("vg", "VG-SGG-with-attri.h5"), "test");
        DatasetConversion.Write(source, _folder["out"], BoxRounding.Nearest, prompts: true, shards: 2, "test");
        using var written = ParquetDataset.Open(_folder["out"]);
        written.Split.Files.Count.ShouldBe(2);
        foreach (var (read, made) in written.Zip(source))
        {
            read.ImageId.ShouldBe(made.ImageId);
            read.Relationships.ShouldBe(made.Relationships);
            read.Objects.Select(item => item.Box.X1).ShouldBe(made.Objects.Select(item => Math.Round(item.Box.X1)));
            read.Image.Bytes.ToArray().ShouldBe(made.Image.Bytes.ToArray());
            read.PromptClose.ShouldBe(Prompts.PromptTexts.ClosedVg150);
        }
        DatasetInspector.Inspect(_folder["out"], new InspectionOptions(DecodeImages: true)).Errors.ShouldBeEmpty();
    }

    [Fact]
    public void Exact_boxes_keep_the_content_hash_of_psg()
    {
        using var source = PsgDataset.Open(Golden.File("psg", "psg.json"), "test");
        DatasetConversion.Write(source, _folder["out"], BoxRounding.None, prompts: false, shards: 1, "test");
        var before = DatasetInspector.Inspect(Golden.File("psg", "psg.json")).Splits.Single(split => split.Name == "test");
        DatasetInspector.Inspect(_folder["out"]).Splits.Single().ContentHash.ShouldBe(before.ContentHash);
    }

    [Fact]
    public void A_missing_picture_stops_the_conversion_and_leaves_no_shard()
    {
        using var source = VgDataset.Open(Golden.File("vg", "VG-SGG-with-attri.h5"), "test", new VgOptions { Images = _folder["empty"] });
        Should.Throw<DatasetException>(() => DatasetConversion.Write(source, _folder["out"], BoxRounding.Nearest, prompts: true, shards: 1, "test")).Message.ShouldContain("image file");
        Directory.EnumerateFiles(Path.Combine(_folder["out"], "data")).ShouldBeEmpty();
    }

    [Fact]
    public void A_folder_with_other_shards_is_refused()
    {
        SyntheticScenes.Write(_folder["out"], 10, seed: 1);
        Should.Throw<DatasetException>(() => SyntheticScenes.Write(_folder["out"], 10, seed: 1, shards: 2)).Message.ShouldContain("choose an empty folder");
        SyntheticScenes.Write(_folder["out"], 12, seed: 1);
        using var written = ParquetDataset.Open(_folder["out"]);
        written.Count.ShouldBe(12);
    }

    public void Dispose() => _folder.Dispose();
}
