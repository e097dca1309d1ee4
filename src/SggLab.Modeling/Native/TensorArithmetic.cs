using TorchSharp;
using static TorchSharp.torch;

#pragma warning disable RS0030 // Here the numbers are kept.
namespace SggLab.Modeling;

/// <summary>
/// Sums and products that survive a garbage collection. TorchSharp hands a number to libtorch as an object with a finalizer and does not keep it
/// alive during the call; even a + b passes the factor 1 that way (a - b and a * b of tensors do not). When the collector runs meanwhile, libtorch reads freed memory: a training run
/// died so after 251 steps. These stand for operators and overloads that take a number, which the compiler refuses elsewhere (BannedSymbols.txt).
/// </summary>
public static class TensorArithmetic
{
    /// <summary>The factor 1, alive for ever.</summary>
    internal static readonly Scalar One = 1;

    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);

    public static Tensor Plus(this Tensor a, double b) => With(b, scalar => a.add(scalar, One));

    public static Tensor Times(this Tensor a, double factor) => With(factor, scalar => a.mul(scalar));

    /// <summary>True where an element is below a number.</summary>
    public static Tensor Below(this Tensor a, double bound) => With(bound, scalar => a.lt(scalar));

    /// <summary>True where an element is above a number.</summary>
    public static Tensor Above(this Tensor a, double bound) => With(bound, scalar => a.gt(scalar));

    public static Tensor AtLeast(this Tensor a, double bound) => With(bound, scalar => a.clamp_min(scalar));

    public static Tensor AtMost(this Tensor a, double bound) => With(bound, scalar => a.clamp_max(scalar));

    public static Tensor Over(this Tensor a, double divisor) => With(divisor, scalar => a.div(scalar));

    /// <summary>In place.</summary>
    public static Tensor Add(this Tensor a, Tensor b) => a.add_(b, One);

    /// <summary>In place.</summary>
    public static Tensor Add(this Tensor a, double b) => With(b, scalar => a.add_(scalar, One));

    /// <summary>In place.</summary>
    public static Tensor Multiply(this Tensor a, double factor) => With(factor, scalar => a.mul_(scalar));

    /// <summary>In place.</summary>
    public static Tensor Divide(this Tensor a, double divisor) => With(divisor, scalar => a.div_(scalar));

    /// <summary>In place: adds the product of two tensors.</summary>
    public static Tensor AddProduct(this Tensor a, Tensor b, Tensor c) => a.addcmul_(b, c, One);

    /// <summary>The number in a tensor of one element: TorchSharp's own ToDouble hands it over as such an object too.</summary>
    public static double Number(this Tensor a) => a.dtype == ScalarType.Float32 ? a.item<float>() : a.to_type(ScalarType.Float64).item<double>();

    private static Tensor With(double value, Func<Scalar, Tensor> call)
    {
        Scalar scalar = value;
        var result = call(scalar);
        GC.KeepAlive(scalar);
        return result;
    }
}
