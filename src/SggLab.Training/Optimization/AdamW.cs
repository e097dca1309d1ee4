using SggLab.Contracts;
using SggLab.Modeling;
using static TorchSharp.torch;

namespace SggLab.Training.Optimization;

/// <summary>
/// AdamW (first beta .9, eps 1e-8) over the trained weights of a model in one fused call. Weights that are not f32 get f32 masters, which the
/// step moves; the model's weights are their rounded copies. Without masters, bf16 weights do not move at the paper's learning rate.
/// </summary>
public sealed class AdamW : IDisposable
{
    private const double Beta1 = 0.9, Eps = 1e-8;
    private const string First = "first_moment.", Second = "second_moment.", Master = "master.";

    private readonly string[] _names;
    private readonly Tensor[] _weights, _masters, _firstMoments, _secondMoments, _steps;
    private readonly double _weightDecay, _beta2;
    private readonly bool _hasMasters;

    /// <param name="weights">Names and trained tensors; the order is kept.</param>
    public AdamW(IEnumerable<KeyValuePair<string, Tensor>> weights, double weightDecay, double beta2 = 0.999)
    {
        var trained = weights.ToArray();
        _names = [.. trained.Select(pair => pair.Key)];
        _weights = [.. trained.Select(pair => pair.Value)];
        _weightDecay = weightDecay;
        _beta2 = beta2;
        _hasMasters = _weights.Any(weight => weight.dtype != ScalarType.Float32);
        using var off = no_grad();
        using var scope = NewDisposeScope();
        _masters = _hasMasters ? [.. _weights.Select(weight => Keep(weight.detach().to_type(ScalarType.Float32, copy: true)))] : _weights;
        _firstMoments = [.. _weights.Select(weight => Keep(zeros_like(weight, ScalarType.Float32)))];
        _secondMoments = [.. _weights.Select(weight => Keep(zeros_like(weight, ScalarType.Float32)))];
        _steps = [.. _weights.Select(_ => Keep(zeros([], ScalarType.Float32)))];
    }

    /// <summary>Steps taken so far.</summary>
    public int Steps { get; private set; }

    /// <summary>Clips the gradients to a common norm, moves the weights, and forgets the gradients.</summary>
    /// <returns>The norm before clipping. Where it is not finite nothing moves.</returns>
    public double Step(double learningRate, double maxGradNorm)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var used = Enumerable.Range(0, _weights.Length).Where(i => _weights[i].grad is not null).ToArray();
        Tensor[] gradients = [.. used.Select(i => _weights[i].grad!).Select(gradient => _hasMasters ? gradient.to_type(ScalarType.Float32) : gradient)];
        var norm = FusedAdamW.Clip(gradients, maxGradNorm);
        if (double.IsFinite(norm))
        {
            Steps++;
            foreach (var i in used)
                _steps[i].Add(1);
            FusedAdamW.Step([.. used.Select(i => _masters[i])], gradients, [.. used.Select(i => _firstMoments[i])], [.. used.Select(i => _secondMoments[i])],
                [.. used.Select(i => _steps[i])], learningRate, Beta1, _beta2, Eps, _weightDecay);
            if (_hasMasters)
                foreach (var i in used)
                    _weights[i].copy_(_masters[i]);
        }
        ForgetGradients();
        return norm;
    }

    public void ForgetGradients()
    {
        foreach (var weight in _weights)
            weight.grad = null;
    }

    /// <summary>Writes moments, step counts and masters as safetensors.</summary>
    public void Save(string file) => SafetensorsWriter.Write(file, Named());

    /// <exception cref="LabException">The file is of other weights.</exception>
    public void Load(string file)
    {
        using var off = no_grad();
        using var state = SafetensorsFile.Open(file);
        foreach (var (name, tensor) in Named())
        {
            if (!state.Entries.TryGetValue(name, out var entry) || !entry.Shape.SequenceEqual(tensor.shape))
                throw new LabException($"{file} holds no optimizer state {name} of shape [{string.Join(", ", tensor.shape)}]; it belongs to another model. Start the run afresh.");
            state.ReadInto(name, tensor);
        }
        if (_hasMasters)
            foreach (var (weight, master) in _weights.Zip(_masters))
                weight.copy_(master);
        Steps = (int)_steps.Select(step => step.item<float>()).DefaultIfEmpty(0).Max();
    }

    private IEnumerable<KeyValuePair<string, Tensor>> Named()
    {
        for (var i = 0; i < _names.Length; i++)
        {
            yield return new(First + _names[i], _firstMoments[i]);
            yield return new(Second + _names[i], _secondMoments[i]);
            yield return new("step." + _names[i], _steps[i]);
            if (_hasMasters)
                yield return new(Master + _names[i], _masters[i]);
        }
    }

    private static Tensor Keep(Tensor tensor) => tensor.DetachFromDisposeScope();

    public void Dispose()
    {
        foreach (var tensor in _firstMoments.Concat(_secondMoments).Concat(_steps).Concat(_hasMasters ? _masters : []))
            tensor.Dispose();
    }
}
