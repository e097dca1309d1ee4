namespace SggLab.Datasets.Tests;

public class PythonRandomTests
{
    [Theory]
    [InlineData(0, 10, "7 8 1 5 3 4 2 0 9 6")]
    [InlineData(42, 10, "7 3 2 8 5 6 9 4 0 1")]
    [InlineData(1001, 8, "2 5 4 3 7 1 6 0")]
    [InlineData(-7, 5, "4 0 3 1 2")]
    public void It_shuffles_as_python_does(int seed, int count, string order) =>
        string.Join(' ', new PythonRandom(seed).Shuffle(count)).ShouldBe(order);

    [Fact]
    public void It_goes_on_after_its_state_is_used_up() => string.Join(' ', new PythonRandom(3).Shuffle(2000)[..8]).ShouldBe("1006 619 20 1132 1584 741 491 1406");
}
