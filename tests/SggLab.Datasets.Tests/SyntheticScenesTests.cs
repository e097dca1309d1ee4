using SggLab.Datasets.Synthetic;

namespace SggLab.Datasets.Tests;

public sealed class SyntheticScenesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_same_seed_gives_the_same_bytes()
    {
        SyntheticScenes.Write(_folder["a"], 230, seed: 5, shards: 2);
        SyntheticScenes.Write(_folder["b"], 230, seed: 5, shards: 2);
        foreach (var file in new[] { "README.md", "data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet" })
            File.ReadAllBytes(Path.Combine(_folder["a"], file)).ShouldBe(File.ReadAllBytes(Path.Combine(_folder["b"], file)));
        SyntheticScenes.Scene(5, 3).Image.Bytes.ToArray().ShouldNotBe(SyntheticScenes.Scene(6, 3).Image.Bytes.ToArray());
    }

    [Fact]
    public void What_was_written_reads_back()
    {
        SyntheticScenes.Write(_folder["scenes"], 230, seed: 1, shards: 3);
        using var dataset = ParquetDataset.Open(_folder["scenes"]);
        dataset.Count.ShouldBe(230);
        for (var row = 0; row < dataset.Count; row++)
        {
            var (read, made) = (dataset[row], SyntheticScenes.Scene(1, row));
            read.ImageId.ShouldBe(made.ImageId);
            read.Objects.ShouldBe(made.Objects);
            read.Relationships.ShouldBe(made.Relationships);
            read.PromptClose.ShouldBe(SceneVocabulary.PromptClose);
            read.Image.Bytes.ToArray().ShouldBe(made.Image.Bytes.ToArray());
            (read.Width, read.Height).ShouldBe((84, 84));
        }
    }

    [Fact]
    public void Scenes_are_small_ordered_and_on_the_grid()
    {
        for (var index = 0; index < 500; index++)
        {
            var scene = SyntheticScenes.Scene(2, index);
            scene.Objects.Count.ShouldBeInRange(2, 3);
            scene.Relationships.Count.ShouldBeInRange(1, 3);
            scene.Objects.Select(item => item.Id.Split('.')[0]).ShouldBeUnique();
            scene.Objects.Select(item => (item.Box.X1, item.Box.Y1)).ShouldBeInOrder();
            scene.Objects.Select(item => item.Id.Split('.')[0]).ShouldBeSubsetOf(SceneVocabulary.Objects);
            scene.Objects.SelectMany(item => new[] { item.Box.X1, item.Box.Y1, item.Box.X2, item.Box.Y2 }).ShouldAllBe(corner => corner % 14 == 0 && corner >= 0 && corner <= 84);
        }
    }

    [Fact]
    public void Predicates_have_a_long_tail_and_all_occur()
    {
        var counts = Enumerable.Range(0, 1500).SelectMany(index => SyntheticScenes.Scene(3, index).Relationships).CountBy(relation => relation.Predicate).ToDictionary();
        var inOrder = SceneVocabulary.Predicates.Select(predicate => counts.GetValueOrDefault(predicate)).ToList();
        inOrder.ShouldBeInOrder(SortDirection.Descending, $"{string.Join(", ", counts)}");
        inOrder[^1].ShouldBeGreaterThan(15);
        inOrder[0].ShouldBeGreaterThan(8 * inOrder[^1]);
    }

    [Fact]
    public void The_prompts_are_short_and_name_the_vocabulary()
    {
        SceneVocabulary.PromptClose.Split(' ').Length.ShouldBeLessThan(40);
        foreach (var name in SceneVocabulary.Objects.Concat(SceneVocabulary.Predicates)) SceneVocabulary.PromptClose.ShouldContain(name);
    }

    [Fact]
    public void Every_object_shows_its_own_colour_at_its_place()
    {
        for (var index = 0; index < 100; index++)
        {
            var scene = SyntheticScenes.Scene(4, index);
            var image = scene.Image.DecodeRgb();
            (byte, byte, byte) At(double x, double y) => (image.Pixels[3 * ((int)y * 84 + (int)x)], image.Pixels[3 * ((int)y * 84 + (int)x) + 1], image.Pixels[3 * ((int)y * 84 + (int)x) + 2]);
            var shown = new HashSet<(byte, byte, byte)>();
            for (var y = 0; y < 84; y++) for (var x = 0; x < 84; x++) shown.Add(At(x, y));
            // The objects, the ground, and six shades of grid lines.
            shown.Count.ShouldBe(scene.Objects.Count + 1 + 6);
        }
    }

    public void Dispose() => _folder.Dispose();
}
