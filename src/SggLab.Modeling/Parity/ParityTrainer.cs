using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>The plain optimizer of the golden runs: clip, then AdamW on every tensor, then forget the gradients.</summary>
internal sealed class ParityTrainer : IDisposable
{
    private readonly Tensor[] _weights, _first, _second, _steps;
    private readonly double _rate, _beta1, _beta2, _eps, _decay, _clip;

    public ParityTrainer(IEnumerable<KeyValuePair<string, Tensor>> weights, ConfigObject settings)
        : this(weights, settings.Number("lr"), Betas(settings)[0], Betas(settings)[1], settings.Number("eps"), settings.Number("weight_decay"), settings.Number("clip_grad_norm"))
    {
        settings.Only("name", "AdamW");
        settings.Only("applied_to", "every parameter, also norms, biases and embeddings");
        settings.AllCompared();
    }

    private static double[] Betas(ConfigObject settings) => settings.Doubles("betas") is { Length: 2 } two ? two : throw settings.Wrong("betas", "two numbers");

    public ParityTrainer(IEnumerable<KeyValuePair<string, Tensor>> weights, double rate, double beta1, double beta2, double eps, double decay, double clip)
    {
        (_rate, _beta1, _beta2, _eps, _decay, _clip) = (rate, beta1, beta2, eps, decay, clip);
        _weights = [.. weights.Select(w => w.Value)];
        _first = [.. _weights.Select(w => zeros_like(w).requires_grad_(false).DetachFromDisposeScope())];
        _second = [.. _weights.Select(w => zeros_like(w).requires_grad_(false).DetachFromDisposeScope())];
        _steps = [.. _weights.Select(_ => zeros([], ScalarType.Float32).DetachFromDisposeScope())];
    }

    /// <returns>The gradients' norm before clipping.</returns>
    public double Step()
    {
        using var scope = NewDisposeScope();
        Tensor[] gradients = [.. _weights.Select(w => w.grad!)];
        var norm = FusedAdamW.Clip(gradients, _clip);
        foreach (var step in _steps)
            step.Add(1.0);
        FusedAdamW.Step(_weights, gradients, _first, _second, _steps, _rate, _beta1, _beta2, _eps, _decay);
        foreach (var weight in _weights)
            weight.grad = null;
        return norm;
    }

    public void Dispose()
    {
        foreach (var tensor in _first.Concat(_second).Concat(_steps))
            tensor.Dispose();
    }
}
