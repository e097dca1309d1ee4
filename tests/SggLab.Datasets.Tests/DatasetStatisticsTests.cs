using SggLab.Datasets.Inspection;
using SggLab.Datasets.Synthetic;

namespace SggLab.Datasets.Tests;

public class DatasetStatisticsTests
{
    [Fact]
    public void Counts_shares_and_sizes_add_up()
    {
        var gatherer = new StatisticsGatherer("train");
        var scenes = Enumerable.Range(0, 200).Select(index => SyntheticScenes.Scene(1, index)).ToList();
        scenes.ForEach(scene => gatherer.Add(scene));
        var statistics = gatherer.Finish();
        statistics.Rows.ShouldBe(200);
        statistics.ObjectsPerImage.Total.ShouldBe(scenes.Sum(scene => scene.Objects.Count));
        statistics.ObjectsPerImage.Largest.ShouldBe(3);
        statistics.Classes.Sum(name => name.Count).ShouldBe(statistics.ObjectsPerImage.Total);
        statistics.Predicates.Sum(name => name.Share).ShouldBe(1, 1e-9);
        statistics.Predicates.Select(name => name.Count).ShouldBeInOrder(SortDirection.Descending);
        (statistics.Boxes.Small + statistics.Boxes.Medium + statistics.Boxes.Large).ShouldBe(statistics.ObjectsPerImage.Total);
        statistics.Boxes.OutsideImage.ShouldBe(0);
        statistics.Boxes.ShareOfImage.Count.ShouldBe(9);
        statistics.ZeroShot.ShouldBeNull();
    }

    [Fact]
    public void Zero_shot_counts_triplets_that_training_never_shows()
    {
        var train = new StatisticsGatherer("train");
        var scene = SyntheticScenes.Scene(1, 0);
        train.Add(scene);
        var test = new StatisticsGatherer("test");
        test.CompareWith(train.Triplets);
        test.Add(scene);
        test.Add(scene with { Relationships = [scene.Relationships[0] with { Predicate = "never seen" }] });
        test.Finish().ZeroShot.ShouldBe(new ZeroShot(1, 1, 1.0 / (scene.Relationships.Count + 1), 1));
    }

    [Fact]
    public void Boxes_that_leave_the_image_or_have_no_area_are_counted()
    {
        using var dataset = ParquetDataset.Open(Golden.File("hf", "vg150_train_sgg_prompt"));
        var gatherer = new StatisticsGatherer("train");
        foreach (var example in dataset) gatherer.Add(example);
        gatherer.Add(dataset[0] with { Objects = [new("flat.1", new(1, 1, 5, 1))], Relationships = [] });
        var boxes = gatherer.Finish().Boxes;
        boxes.OutsideImage.ShouldBe(1);
        boxes.Empty.ShouldBe(1);
    }
}
