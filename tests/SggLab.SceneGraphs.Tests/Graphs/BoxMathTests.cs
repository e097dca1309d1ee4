using CsCheck;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Tests.Graphs;

public sealed class BoxMathTests
{
    private static readonly Gen<Box> Proper =
        Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[0.01, 1], Gen.Double[0.01, 1], (x, y, w, h) => new Box(x, y, x + w, y + h));

    [Fact]
    public void Overlap_is_symmetric_and_between_nothing_and_all() =>
        Gen.Select(Proper, Proper).Sample((a, b) =>
        {
            var iou = BoxMath.Iou(a, b);
            iou.ShouldBeInRange(0, 1);
            BoxMath.Iou(b, a).ShouldBe(iou, 1e-15);
            BoxMath.TryGeneralizedIou(a, b, out var generalized).ShouldBeTrue();
            generalized.ShouldBeInRange(-1, iou + 1e-12);
            BoxMath.L1(a, b).ShouldBe(BoxMath.L1(b, a));
        });

    [Fact]
    public void Mirroring_turning_or_moving_both_boxes_leaves_every_measure()
    {
        var overlapping = 0;
        Gen.Select(Proper, Proper, Gen.Double[-2, 2]).Sample((a, b, by) =>
        {
            if (BoxMath.Iou(a, b) is > 0 and < 1) Interlocked.Increment(ref overlapping);
            foreach (var turn in (Func<Box, Box>[])[o => new(-o.X2, o.Y1, -o.X1, o.Y2), o => new(o.X1, -o.Y2, o.X2, -o.Y1), o => new(o.Y1, o.X1, o.Y2, o.X2), o => new(o.X1 + by, o.Y1 - by, o.X2 + by, o.Y2 - by)])
            {
                var (c, d) = (turn(a), turn(b));
                BoxMath.Iou(c, d).ShouldBe(BoxMath.Iou(a, b), 1e-12);
                BoxMath.TryGeneralizedIou(a, b, out var before).ShouldBeTrue();
                BoxMath.TryGeneralizedIou(d, c, out var after).ShouldBeTrue();
                after.ShouldBe(before, 1e-12);
                BoxMath.L1(c, d).ShouldBe(BoxMath.L1(a, b), 1e-12);
            }
        }, iter: 500);
        overlapping.ShouldBeGreaterThan(150);
    }

    [Fact]
    public void A_box_covers_itself() =>
        Proper.Sample(b =>
        {
            BoxMath.Iou(b, b).ShouldBe(1, 1e-12);
            BoxMath.TryGeneralizedIou(b, b, out var generalized).ShouldBeTrue();
            generalized.ShouldBe(1, 1e-12);
            BoxMath.L1(b, b).ShouldBe(0);
        });

    [Fact]
    public void Scaling_both_boxes_leaves_the_overlap() =>
        Gen.Select(Proper, Proper, Gen.Double[0.1, 50], Gen.Double[0.1, 50]).Sample((a, b, sx, sy) =>
            BoxMath.Iou(a.Scale(sx, sy), b.Scale(sx, sy)).ShouldBe(BoxMath.Iou(a, b), 1e-9));

    [Fact]
    public void Known_boxes_have_the_overlap_worked_out_by_hand()
    {
        BoxMath.Iou(new Box(0, 0, 2, 2), new Box(1, 1, 3, 3)).ShouldBe(1 / 7.0, 1e-15);
        BoxMath.TryGeneralizedIou(new Box(0, 0, 2, 2), new Box(1, 1, 3, 3), out var near).ShouldBeTrue();
        near.ShouldBe(1 / 7.0 - 2 / 9.0, 1e-15);
        BoxMath.TryGeneralizedIou(new Box(0, 0, 1, 1), new Box(2, 0, 3, 1), out var apart).ShouldBeTrue();
        apart.ShouldBe(-1 / 3.0, 1e-15);
        BoxMath.L1(new Box(0, 1, 2, 3), new Box(1, 1, 1, 5)).ShouldBe(4);
    }

    [Fact]
    public void Empty_boxes_overlap_by_nothing_and_need_no_division()
    {
        BoxMath.Iou(default, default).ShouldBe(0);
        BoxMath.TryGeneralizedIou(default, default, out var value).ShouldBeTrue();
        value.ShouldBe(0);
    }

    [Fact]
    public void Swapped_boxes_with_an_empty_hull_are_where_Python_divides_by_zero() =>
        BoxMath.TryGeneralizedIou(new Box(5, 0, 3, 2), new Box(5, 0, 5, 2), out _).ShouldBeFalse();

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_box_is_finite_where_all_four_coordinates_are(double bad)
    {
        new Box(1, 2, 3, 4).IsFinite.ShouldBeTrue();
        foreach (var box in (Box[])[new(bad, 2, 3, 4), new(1, bad, 3, 4), new(1, 2, bad, 4), new(1, 2, 3, bad)]) box.IsFinite.ShouldBeFalse(box.ToString());
    }

    [Fact]
    public void A_NaN_makes_the_overlap_NaN_as_in_Python() => BoxMath.Iou(new Box(0, 0, 1, 1), new Box(0, 0, double.NaN, 1)).ShouldBe(double.NaN);
}
