using System.Runtime.Intrinsics;

namespace SggLab.Modeling.Tests;

public sealed unsafe class LanesTests
{
    [Fact]
    public void Exponentials_are_exact_to_two_units_of_the_last_place_and_go_to_zero_and_infinity()
    {
        Check<Lanes8>();
        if (Vector512.IsHardwareAccelerated)
            Check<Lanes16>();
    }

    private static void Check<V>() where V : struct, ILanes<V>
    {
        foreach (var x in Enumerable.Range(0, 200_000).Select(i => -87f + i * 0.000875f))
            ((double)Exp<V>(x)).ShouldBe(Math.Exp(x), 2.5e-7 * Math.Exp(x), $"exp({x})");
        Exp<V>(float.NegativeInfinity).ShouldBe(0);
        Exp<V>(-1000).ShouldBe(0);
        Exp<V>(1000).ShouldBe(float.PositiveInfinity);
        Exp<V>(float.PositiveInfinity).ShouldBe(float.PositiveInfinity);
        Exp<V>(float.NaN).ShouldBe(float.NaN);
    }

    private static float Exp<V>(float x) where V : struct, ILanes<V>
    {
        var values = stackalloc float[V.Count];
        V.Exp(V.Of(x)).Store(values);
        return values[V.Count - 1];
    }
}
