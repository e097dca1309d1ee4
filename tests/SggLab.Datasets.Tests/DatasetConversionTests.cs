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
        Directory.EnumerateFiles(_folder["out"], "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public void What_breaks_off_late_leaves_no_earlier_shard()
    {
        static IEnumerable<SceneGraphExample> Scenes()
        {
            for (var i = 0; i < 15; i++) yield return SyntheticScenes.Scene(1, i);
            throw new IOException("the disk is gone");
        }

        Should.Throw<DatasetException>(() => HubWriter.Write(_folder["out"], Scenes(), 20, "scenes", prompts: true, shards: 2)).Message.ShouldContain("the disk is gone");
        Directory.EnumerateFiles(_folder["out"], "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public void A_folder_that_holds_a_data_set_is_refused_and_stays_as_it_is()
    {
        SyntheticScenes.Write(_folder["out"], 10, seed: 1);
        foreach (var shards in new[] { 1, 2 })
            Should.Throw<DatasetException>(() => SyntheticScenes.Write(_folder["out"], 12, seed: 1, shards)).Message.ShouldContain("already holds train-00000-of-00001.parquet; choose an empty folder");
        using var kept = ParquetDataset.Open(_folder["out"]);
        kept.Count.ShouldBe(10);
        File.Delete(kept.Split.Files[0]);
        Should.Throw<DatasetException>(() => SyntheticScenes.Write(_folder["out"], 12, seed: 1)).Message.ShouldContain("already holds README.md");
    }

    [Fact]
    public void None_of_several_splits_is_written_where_one_folder_is_taken()
    {
        SyntheticScenes.Write(_folder["test"], 4, seed: 1);
        Should.Throw<DatasetException>(() => SyntheticScenes.WriteSplits(_folder.Path, 5, 5, 5, seed: 1));
        Directory.Exists(_folder["train"]).ShouldBeFalse();
    }

    [Fact]
    public void Replacing_leaves_no_shard_of_before()
    {
        SyntheticScenes.Write(_folder["out"], 10, seed: 1, shards: 3);
        Directory.CreateDirectory(_folder["out/data.part"]);
        File.WriteAllText(_folder["out/data.part/train-00000-of-00009.parquet"], "of an earlier run that was killed");
        SyntheticScenes.Write(_folder["out"], 12, seed: 1, replace: true);
        using var written = ParquetDataset.Open(_folder["out"]);
        written.Count.ShouldBe(12);
        Directory.EnumerateFileSystemEntries(_folder["out"]).Select(Path.GetFileName).ShouldBe(["README.md", "data"], ignoreOrder: true);
    }

    [Fact]
    public void A_folder_that_is_being_written_is_refused()
    {
        IEnumerable<SceneGraphExample> Scenes()
        {
            yield return SyntheticScenes.Scene(1, 0);
            Should.Throw<DatasetException>(() => SyntheticScenes.Write(_folder["out"], 3, seed: 1)).Message.ShouldEndWith("is being written by another command; wait for it, or choose another folder");
        }

        HubWriter.Write(_folder["out"], Scenes(), 1, "scenes", prompts: true);
        using var written = ParquetDataset.Open(_folder["out"]);
        written.Count.ShouldBe(1);
    }

    [Fact]
    public void What_cannot_be_read_replaces_nothing()
    {
        SyntheticScenes.Write(_folder["out"], 10, seed: 1);
        using var source = VgDataset.Open(Golden.File("vg", "VG-SGG-with-attri.h5"), "test", new VgOptions { Images = _folder["empty"] });
        Should.Throw<DatasetException>(() => DatasetConversion.Write(source, _folder["out"], BoxRounding.Nearest, prompts: true, shards: 1, "test", replace: true));
        using var kept = ParquetDataset.Open(_folder["out"]);
        kept.Count.ShouldBe(10);
    }

    public void Dispose() => _folder.Dispose();
}
