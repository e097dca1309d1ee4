using SggLab.Contracts;
using SggLab.Datasets.Synthetic;

namespace SggLab.Datasets.Tests;

public sealed class SeededSplitTests : IDisposable
{
    private const string Shares = "train=0.8,validation=0.1,test=0.1";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_image_keeps_its_part_whatever_the_shards_the_order_and_the_other_rows()
    {
        var scenes = Enumerable.Range(0, 60).Select(index => SyntheticScenes.Scene(1, index)).ToList();
        string[][] Parts(string name, IReadOnlyList<SceneGraphExample> rows, int shards)
        {
            HubWriter.Write(_folder[name], rows, rows.Count, "scenes", prompts: true, shards);
            using var dataset = ParquetDataset.Open(_folder[name]);
            return [.. SeededSplit.Of(Shares, 7).Divide(dataset).Select(part => part.Select(example => example.ImageId).ToArray())];
        }

        var parts = Parts("a", scenes, 1);
        parts.Sum(part => part.Length).ShouldBe(60);
        parts.ShouldAllBe(part => part.Length > 0);
        Parts("b", scenes, 3).ShouldBe(parts);
        var turned = Parts("c", [.. scenes.AsEnumerable().Reverse(), .. Enumerable.Range(0, 20).Select(index => SyntheticScenes.Scene(2, index))], 2);
        foreach (var (few, more) in parts.Zip(turned)) few.ShouldBeSubsetOf(more);
    }

    [Fact]
    public void A_part_reads_the_same_row_by_row_as_through()
    {
        SyntheticScenes.Write(_folder["scenes"], 40, seed: 1, shards: 2);
        using var dataset = ParquetDataset.Open(_folder["scenes"]);
        foreach (var part in SeededSplit.Of(Shares, 3).Divide(dataset))
            Enumerable.Range(0, part.Count).Select(row => part[row].ImageId).ShouldBe(part.Select(example => example.ImageId));
    }

    [Fact]
    public void Shares_come_out_near_and_another_seed_draws_others()
    {
        var (one, other) = (SeededSplit.Of(Shares, 1), SeededSplit.Of(Shares, 2));
        var ids = Enumerable.Range(0, 20_000).Select(id => $"{id}").ToList();
        var counts = ids.CountBy(one.PartOf).OrderBy(count => count.Key).Select(count => count.Value).ToList();
        counts[0].ShouldBeInRange(15_750, 16_250);
        counts[1].ShouldBeInRange(1_850, 2_150);
        ids.Count(id => one.PartOf(id) == other.PartOf(id)).ShouldBeInRange(12_900, 13_500); // 0.8² + 0.1² + 0.1²
    }

    // What was divided once must be divided the same way for ever; the bits are Python's, from hashlib.
    [Fact]
    public void The_draw_is_pinned() =>
        string.Concat(Enumerable.Range(0, 20).Select(id => SeededSplit.Of("a=0.5,b=0.5", 42).PartOf($"{id}"))).ShouldBe("01001100101100100011");

    [Theory]
    [InlineData("train", "has \"train\" in it")]
    [InlineData("", "has \"\" in it")]
    [InlineData("train=0.5,../x=0.5", "has \"../x=0.5\" in it")]
    [InlineData("train=0.5,test=half", "the share \"half\"")]
    [InlineData("train=1.5,test=-0.5", "the share \"1.5\"")]
    [InlineData("train=1,test=0", "the share \"0\"")]
    [InlineData("train=0.5,train=0.5", "names train twice")]
    [InlineData("train=0.8,test=0.1", "makes 0.9 together, not 1")]
    public void Shares_that_are_none_are_answered_with_the_form_of_some(string shares, string said)
    {
        var message = Should.Throw<LabException>(() => SeededSplit.Of(shares, 1)).Message;
        message.ShouldContain(said);
        message.ShouldContain("train=0.8,validation=0.1,test=0.1");
    }
}
