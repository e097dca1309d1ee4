using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace SggLab.Modeling.Tests;

public sealed unsafe class CpuProjectionTests
{
    [Theory]
    [InlineData(1, 64, 12)]
    [InlineData(2, 77, 13)]
    [InlineData(3, 8, 1)]
    [InlineData(4, 5, 6)]
    [InlineData(11, 256, 7)]
    public void It_equals_the_matrix_product(int rows, int width, int outputs)
    {
        using var scope = NewDisposeScope();
        var (x, weight) = (randn(rows, width), randn(outputs, width));

        Compare.MaxAbs(Project<Lanes8>(x, weight), x.matmul(weight.t())).ShouldBeLessThan(1e-4);
        if (Vector512.IsHardwareAccelerated)
            Compare.MaxAbs(Project<Lanes16>(x, weight), x.matmul(weight.t())).ShouldBeLessThan(1e-4);
    }

    [Fact]
    public void A_row_has_the_same_bits_alone_and_beside_others_whole_and_in_parts()
    {
        BitsStay<Lanes8>();
        if (Vector512.IsHardwareAccelerated)
            BitsStay<Lanes16>();
    }

    private static void BitsStay<V>() where V : struct, ILanes<V>
    {
        using var scope = NewDisposeScope();
        var (x, weight) = (randn(9, 203), randn(10, 203));

        var together = TensorMemory.Floats(Project<V>(x, weight)).ToArray();

        for (var row = 0; row < 9; row++)
            TensorMemory.Floats(Project<V>(x.narrow(0, row, 1).clone(), weight)).ToArray().ShouldBe(together[(10 * row)..(10 * row + 10)]);
        TensorMemory.Floats(Project<V>(x, weight, cut: 3)).ToArray().ShouldBe(together);
    }

    private static Tensor Project<V>(Tensor x, Tensor weight, int cut = 0) where V : struct, ILanes<V>
    {
        var (rows, width, outputs) = ((int)x.size(0), (int)x.size(1), (int)weight.size(0));
        var y = empty(rows, outputs);
        var from = (float*)TensorMemory.Address(x);
        var by = (float*)TensorMemory.Address(weight);
        var to = (float*)TensorMemory.Address(y);
        CpuProjection<V>.Run(from, by, to, rows, width, outputs, 0, cut);
        CpuProjection<V>.Run(from, by, to, rows, width, outputs, cut, outputs);
        return y;
    }
}
