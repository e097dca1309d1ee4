namespace SggLab.Modeling.Tests;

public class ImageParityTests
{
    private readonly ImageParity _parity = new(Golden.Model("images"));

    [Fact]
    public void Sizes_follow_both_rules_of_the_reference() => ShouldAllBeOk(_parity.SmartResizes(), atLeast: 400);

    [Fact]
    public void Decoded_bytes_equal_those_of_Pillow() => ShouldAllBeOk(_parity.Decoded(), atLeast: 6);

    [Fact]
    public void Every_image_mode_gives_the_bytes_and_patches_of_the_reference() => ShouldAllBeOk(_parity.Cases(), atLeast: 140);

    [Fact]
    public void The_two_resizes_of_supervised_fine_tuning_are_reproduced() => ShouldAllBeOk(_parity.SftPath(), atLeast: 20);

    private static void ShouldAllBeOk(IEnumerable<ParityItem> items, int atLeast)
    {
        var all = items.ToList();
        all.Count.ShouldBeGreaterThanOrEqualTo(atLeast);
        all.Where(i => !i.Ok).Select(i => $"{i.Item}: {i.MaxAbsError}").ShouldBeEmpty();
    }
}
