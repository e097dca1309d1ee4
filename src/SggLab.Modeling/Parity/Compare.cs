using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Differences between tensors of ours and the reference's.</summary>
internal static class Compare
{
    /// <summary>The largest absolute difference; infinite where shapes differ or a number is not one.</summary>
    public static double MaxAbs(Tensor ours, Tensor reference)
    {
        using var scope = NewDisposeScope();
        if (!ours.shape.SequenceEqual(reference.shape))
            return double.PositiveInfinity;
        if (ours.numel() == 0)
            return 0;
        var error = (ours.detach().to_type(ScalarType.Float64) - reference.to_type(ScalarType.Float64)).abs().max().item<double>();
        return double.IsNaN(error) ? double.PositiveInfinity : error;
    }

    /// <summary>The places at which integers differ.</summary>
    public static long Different(Tensor ours, Tensor reference)
    {
        using var scope = NewDisposeScope();
        return ours.shape.SequenceEqual(reference.shape) ? ours.ne(reference).sum().item<long>() : Math.Max(1, reference.numel());
    }
}
