using SggLab.Training.Evaluations;

namespace SggLab.Training.Tests.Evaluations;

public class RecallIntervalTests
{
    [Fact]
    public void The_interval_surrounds_the_mean_and_ignores_images_without_relations()
    {
        double?[] recalls = [.. Enumerable.Range(0, 400).Select(i => i % 5 == 0 ? null : (double?)(i % 2))];
        var interval = RecallInterval.Of(recalls);
        interval.Mean.ShouldBe(0.5, 1e-12);
        interval.Low.ShouldBe(0.445, 0.01);
        interval.High.ShouldBe(0.555, 0.01);
    }

    [Fact]
    public void Paired_differences_are_narrower_than_their_parts()
    {
        double?[] a = [.. Enumerable.Range(0, 300).Select(i => (double?)(i % 2))];
        double?[] b = [.. a.Select((value, i) => i % 10 == 0 ? 1 : value)];
        var difference = RecallInterval.OfDifference(a, b);
        difference.Mean.ShouldBe(0.1, 1e-12);
        difference.Low.ShouldBeGreaterThan(0.05);
    }

    [Fact]
    public void No_image_with_a_relation_gives_zeros() => RecallInterval.Of([null, null]).ShouldBe(default);
}
