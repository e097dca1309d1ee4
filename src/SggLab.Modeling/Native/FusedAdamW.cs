using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>AdamW over many tensors in one call of libtorch, and the clipping that goes before it.</summary>
public static class FusedAdamW
{
    /// <summary>One step; parameters and moments change in place. All lists run in parallel and hold f32 tensors.</summary>
    /// <param name="steps">One f32 scalar tensor a parameter: the number of this step, starting at 1.</param>
    public static void Step(
        IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, IReadOnlyList<Tensor> firstMoments, IReadOnlyList<Tensor> secondMoments,
        IReadOnlyList<Tensor> steps, double learningRate, double beta1, double beta2, double eps, double weightDecay)
    {
        if (parameters.Count == 0)
            return;
        using var off = no_grad();
        TorchDispatcher.FusedAdamW(parameters, gradients, firstMoments, secondMoments, steps, learningRate, beta1, beta2, weightDecay, eps);
    }

    /// <summary>The 2-norm over all gradients, as one number.</summary>
    public static double Norm(IReadOnlyList<Tensor> gradients)
    {
        if (gradients.Count == 0)
            return 0;
        using var off = no_grad();
        using var scope = NewDisposeScope();
        return stack(gradients.Select(g => g.norm().to_type(ScalarType.Float32))).norm().item<float>();
    }

    /// <summary>Scales all gradients in place so that their common norm is at most a bound (torch.nn.utils.clip_grad_norm_).</summary>
    /// <returns>The norm before.</returns>
    public static double Clip(IReadOnlyList<Tensor> gradients, double largestNorm)
    {
        var norm = Norm(gradients);
        var factor = largestNorm / (norm + 1e-6);
        if (factor < 1)
        {
            using var off = no_grad();
            using var scope = NewDisposeScope();
            foreach (var gradient in gradients)
                gradient.Multiply(factor);
        }
        return norm;
    }
}
