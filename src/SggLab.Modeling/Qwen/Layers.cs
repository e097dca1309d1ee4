using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>y = x W^T + b, plus a low-rank update where an adapter is attached.</summary>
internal sealed class Linear(Tensor weight, Tensor? bias)
{
    public readonly Tensor weight = weight;
    public readonly Tensor? bias = bias;

    /// <summary>Set by <see cref="LoraAdapter"/> while it is attached.</summary>
    public LowRank? adapter { get; set; }

    public Tensor forward(Tensor x)
    {
        if (adapter is not { Enabled: true } low)
            return nn.functional.linear(x, weight, bias);
        using var scope = NewDisposeScope();
        return low.AddTo(nn.functional.linear(x, weight, bias), x).MoveToOuterDisposeScope();
    }

    /// <summary>The weight with the adapter's update added, if one is attached and enabled.</summary>
    public Tensor MergedWeight() => adapter is { Enabled: true } low ? weight.detach().Plus(low.Product().to_type(weight.dtype)) : weight.detach();
}

/// <summary>The product B A of two thin matrices, scaled: what LoRA adds to a weight.</summary>
internal sealed class LowRank(Tensor lora_A, Tensor lora_B, double scale)
{
    public readonly Tensor lora_A = lora_A;
    public readonly Tensor lora_B = lora_B;
    public readonly double scale = scale;

    public bool Enabled { get; set; } = true;

    /// <summary>What the weight grows by.</summary>
    public Tensor Product() => lora_B.detach().mm(lora_A.detach()).Multiply(scale);

    public Tensor AddTo(Tensor y, Tensor x)
    {
        // The adapter stays f32 beside a bf16 model; the sum has the model's type.
        var low = nn.functional.linear(x.dtype == lora_A.dtype ? nn.functional.linear(x, lora_A) : Narrowing.apply(x, lora_A), lora_B);
        return y.Plus(low.to_type(y.dtype).Times(scale));
    }

    /// <summary>The product with A of an input of another type. What is kept for the way back is the input as it is: a copy in A's type would take twice its memory in each adapted layer.</summary>
    private sealed class Narrowing : autograd.SingleTensorFunction<Narrowing>
    {
        public override string Name => "LowRankNarrowing";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var (x, lora_A) = ((Tensor)vars[0], (Tensor)vars[1]);
            ctx.save_for_backward([x, lora_A]);
            return nn.functional.linear(x.to_type(lora_A.dtype), lora_A).MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (x, lora_A) = (saved[0], saved[1]);
            var toA = OfA(grad_output, x, lora_A.dtype);
            return GradientHandover.Return([grad_output], grad_output.matmul(lora_A).to_type(x.dtype), toA);
        }

        private static Tensor OfA(Tensor grad_output, Tensor x, ScalarType type)
        {
            using var scope = NewDisposeScope();
            return grad_output.flatten(0, -2).t().mm(x.flatten(0, -2).to_type(type)).MoveToOuterDisposeScope();
        }
    }
}

/// <summary>Mean-free normalisation by the root mean square, in f32 inside.</summary>
internal sealed class RmsNorm(Tensor weight, double eps)
{
    public readonly Tensor weight = weight;
    public readonly double eps = eps;

    public Tensor forward(Tensor x) => FusedSteps.RmsNorm(x, weight, eps);
}

internal sealed class LayerNorm(Tensor weight, Tensor bias, double eps)
{
    public readonly Tensor weight = weight;
    public readonly Tensor bias = bias;

    public Tensor forward(Tensor x) => nn.functional.layer_norm(x, [weight.shape[0]], weight, bias, eps);
}

/// <summary>Cosines and sines by which queries and keys turn; the sine carries the sign of the rotated half.</summary>
internal sealed record Rope(Tensor Cos, Tensor SignedSin)
{
    /// <summary>Turns pairs (i, i + d/2) of the last dimension.</summary>
    public Tensor Turn(Tensor x) => FusedSteps.Turn(x, Cos, SignedSin);

    /// <summary>Keeps the cosines and sines as the reference has them: both halves alike, without the sign.</summary>
    public void Trace(ForwardTrace? trace, string name)
    {
        if (trace is null)
            return;
        var half = SignedSin.shape[^1] / 2;
        var sin = SignedSin.narrow(-1, half, half);
        var middle = Cos.dim() - 2; // The heads, which all turn alike.
        trace.Add($"{name}_cos", Cos.squeeze(middle));
        trace.Add($"{name}_sin", cat([sin, sin], -1).squeeze(middle));
    }

    /// <param name="angles">[..., d/2], f32.</param>
    public static Rope Of(Tensor angles, ScalarType type)
    {
        var (cos, sin) = (angles.cos(), angles.sin());
        // libtorch may lay the concatenation out the way the angles lie; the steps that use it read it row by row.
        return new Rope(cat([cos, cos], -1).to_type(type).contiguous(), cat([-sin, sin], -1).to_type(type).contiguous());
    }
}
