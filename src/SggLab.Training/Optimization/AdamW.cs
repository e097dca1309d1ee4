using SggLab.Contracts;
using SggLab.Modeling;
using static TorchSharp.torch;

namespace SggLab.Training.Optimization;

/// <summary>
/// AdamW (first beta .9, eps 1e-8) over the trained weights of a model by libtorch's fused step. Weights that are not f32 get f32 masters, which the
/// step moves; the model's weights are their rounded copies. Without masters, bf16 weights do not move at the paper's learning rate.
/// </summary>
public sealed class AdamW : IDisposable
{
    private const double Beta1 = 0.9, Eps = 1e-8;
    private const string First = "first_moment.", Second = "second_moment.", Master = "master.";

    /// <summary>Elements whose gradients are f32 copies at a time, where weights have masters: 256 MB.</summary>
    private const long PieceElements = 64 << 20;

    private readonly string[] _names;
    private readonly Tensor[] _weights, _masters, _firstMoments, _secondMoments, _steps;
    private readonly double _weightDecay, _beta2;
    private readonly bool _hasMasters;
    private readonly Device _device;

    /// <param name="weights">Names and trained tensors; the order is kept.</param>
    /// <param name="onHost">Keeps masters and moments in host memory (pinned, where there is a GPU), where the CPU moves them.</param>
    public AdamW(IEnumerable<KeyValuePair<string, Tensor>> weights, double weightDecay, double beta2 = 0.999, bool onHost = false)
    {
        var trained = weights.ToArray();
        _names = [.. trained.Select(pair => pair.Key)];
        _weights = [.. trained.Select(pair => pair.Value)];
        _weightDecay = weightDecay;
        _beta2 = beta2;
        _device = onHost || _weights.Length == 0 ? CPU : _weights[0].device;
        _hasMasters = onHost || _weights.Any(weight => weight.dtype != ScalarType.Float32);
        using var off = no_grad();
        using var scope = NewDisposeScope();
        _masters = _hasMasters ? [.. _weights.Select(weight => Keep(Held(weight.detach().to(_device).to_type(ScalarType.Float32, copy: true))))] : _weights;
        _firstMoments = [.. _weights.Select(weight => Keep(Held(zeros(weight.shape, ScalarType.Float32, _device))))];
        _secondMoments = [.. _weights.Select(weight => Keep(Held(zeros(weight.shape, ScalarType.Float32, _device))))];
        _steps = [.. _weights.Select(_ => Keep(zeros([], ScalarType.Float32, _device)))];
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
        var norm = _hasMasters ? StepMasters(used, learningRate, maxGradNorm) : StepWeights(used, learningRate, maxGradNorm);
        if (double.IsFinite(norm))
            Steps++;
        ForgetGradients();
        return norm;
    }

    private double StepWeights(int[] used, double learningRate, double maxGradNorm)
    {
        Tensor[] gradients = [.. used.Select(i => _weights[i].grad!)];
        var norm = FusedAdamW.Clip(gradients, maxGradNorm);
        if (double.IsFinite(norm))
            Move(used, gradients, learningRate);
        return norm;
    }

    /// <summary>Gradients become f32 a piece at a time, first for the norm, then for the step.</summary>
    private double StepMasters(int[] used, double learningRate, double maxGradNorm)
    {
        var pieces = Pieces(used).ToArray();
        var squares = 0.0;
        foreach (var piece in pieces)
        {
            using var scope = NewDisposeScope();
            squares += Math.Pow(FusedAdamW.Norm([.. piece.Select(i => _weights[i].grad!.to_type(ScalarType.Float32))]), 2);
        }
        var norm = Math.Sqrt(squares);
        if (!double.IsFinite(norm))
            return norm;
        var factor = maxGradNorm / (norm + 1e-6);
        foreach (var piece in pieces)
        {
            using var scope = NewDisposeScope();
            Tensor[] gradients = [.. piece.Select(i => _weights[i].grad!.to(_device).to_type(ScalarType.Float32, copy: true))];
            if (factor < 1)
                foreach (var gradient in gradients)
                    gradient.Multiply(factor);
            Move(piece, gradients, learningRate);
            foreach (var i in piece)
            {
                _weights[i].copy_(_masters[i]);
                _weights[i].grad = null;
            }
        }
        return norm;
    }

    private IEnumerable<int[]> Pieces(int[] used)
    {
        var piece = new List<int>();
        var elements = 0L;
        foreach (var i in used)
        {
            if (piece.Count > 0 && elements + _weights[i].numel() > PieceElements)
            {
                yield return [.. piece];
                piece.Clear();
                elements = 0;
            }
            piece.Add(i);
            elements += _weights[i].numel();
        }
        if (piece.Count > 0)
            yield return [.. piece];
    }

    private void Move(int[] which, Tensor[] gradients, double learningRate)
    {
        foreach (var i in which)
            _steps[i].Add(1);
        FusedAdamW.Step([.. which.Select(i => _masters[i])], gradients, [.. which.Select(i => _firstMoments[i])], [.. which.Select(i => _secondMoments[i])],
            [.. which.Select(i => _steps[i])], learningRate, Beta1, _beta2, Eps, _weightDecay);
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

    /// <summary>In pinned memory where the GPU's weights are stepped by the CPU.</summary>
    private Tensor Held(Tensor tensor) =>
        _weights[0].device.type != TorchSharp.DeviceType.CPU && _device.type == TorchSharp.DeviceType.CPU ? tensor.pin_memory() : tensor;

    private static Tensor Keep(Tensor tensor) => tensor.DetachFromDisposeScope();

    public void Dispose()
    {
        foreach (var tensor in _firstMoments.Concat(_secondMoments).Concat(_steps).Concat(_hasMasters ? _masters : []))
            tensor.Dispose();
    }
}
