using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>
/// Runs a part of the model without keeping its inner states; on the way back the part runs again and its gradients go
/// into the weights it uses.
/// </summary>
internal sealed class LayerCheckpoint : autograd.SingleTensorFunction<LayerCheckpoint>
{
    public override string Name => "LayerCheckpoint";

    public static Tensor Run(Func<Tensor, Tensor> part, Tensor x)
    {
        // Without a gradient to its input autograd would never come here, and the part's weights would get none.
        if (!x.requires_grad || !is_grad_enabled())
            return part(x);
        return apply(x, part);
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, part) = ((Tensor)vars[0], (Func<Tensor, Tensor>)vars[1]);
        ctx.save_for_backward([x]);
        ctx.save_data("part", part);
        using var scope = NewDisposeScope();
        return part(x).MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var on = enable_grad();
        var x = ctx.get_saved_variables()[0].detach().requires_grad_(true);
        var y = ((Func<Tensor, Tensor>)ctx.get_data("part"))(x);
        y.backward([grad_output]);
        return GradientHandover.Return([grad_output], x.grad!, null);
    }
}
