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

    [Theory]
    [InlineData(-16.8f)] // each below half a last digit of 1: in one f32 sum they would all be lost
    [InlineData(-14f)]
    public void The_many_unlikely_tokens_of_a_vocabulary_count_beside_a_sure_one(float unlikely)
    {
        const int Vocabulary = 151_936;
        var logits = Enumerable.Repeat(unlikely, Vocabulary).ToArray();
        logits[40] = 0;
        var exact = Math.Log(1 + (Vocabulary - 1) * Math.Exp(unlikely));

        fixed (float* x = logits)
        {
            ((double)CpuKernels<Lanes8>.LogSum(x, Vocabulary)).ShouldBe(exact, 2e-6);
            if (Vector512.IsHardwareAccelerated)
                ((double)CpuKernels<Lanes16>.LogSum(x, Vocabulary)).ShouldBe(exact, 2e-6);
        }
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
