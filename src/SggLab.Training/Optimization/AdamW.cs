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
    internal const long PieceElements = 64 << 20;

    private readonly string[] _names;
    private readonly Tensor[] _weights, _masters, _firstMoments, _secondMoments, _steps;
    private readonly double _weightDecay, _beta2;
    private readonly bool _hasMasters;
    private readonly long _pieceElements;
    private readonly HostStaging? _staging;

    /// <param name="weights">Names and trained tensors; the order is kept.</param>
    /// <param name="onHost">Keeps masters and moments in host memory (pinned, where there is a GPU), where the CPU moves them.</param>
    /// <param name="pieceElements">Elements whose gradients are f32 copies at a time; a larger tensor is stepped in parts.</param>
    public AdamW(IEnumerable<KeyValuePair<string, Tensor>> weights, double weightDecay, double beta2 = 0.999, bool onHost = false, long pieceElements = PieceElements)
    {
        var trained = weights.ToArray();
        _names = [.. trained.Select(pair => pair.Key)];
        _weights = [.. trained.Select(pair => pair.Value)];
        _weightDecay = weightDecay;
        _beta2 = beta2;
        _pieceElements = pieceElements;
        _hasMasters = onHost || _weights.Any(weight => weight.dtype != ScalarType.Float32);
        using var off = no_grad();
        using var scope = NewDisposeScope();
        _masters = _hasMasters ? States(onHost) : _weights;
        (_firstMoments, _secondMoments) = (States(onHost), States(onHost));
        if (_hasMasters)
            foreach (var (master, weight) in _masters.Zip(_weights))
                master.copy_(weight);
        foreach (var moment in _firstMoments.Concat(_secondMoments))
            moment.zero_();
        _steps = [.. _weights.Select(weight => zeros([], ScalarType.Float32, onHost ? CPU : weight.device).DetachFromDisposeScope())];
        if (onHost && _weights.Length > 0)
            _staging = new HostStaging(Math.Min(pieceElements, _weights.Sum(weight => weight.numel())), _weights[0].dtype, _weights[0].device);
    }

    /// <summary>An f32 tensor beside each weight; on the host in pinned memory where there is a GPU.</summary>
    private Tensor[] States(bool onHost) => onHost
        ? HostBlocks.Of([.. _weights.Select(weight => weight.shape)], pinned: _weights.Any(weight => weight.device.type == TorchSharp.DeviceType.CUDA))
        : [.. _weights.Select(weight => empty(weight.shape, ScalarType.Float32, weight.device).DetachFromDisposeScope())];

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
            Move([.. used.Select(i => new Part(i, 0, _weights[i].numel()))], gradients, learningRate);
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
            squares += Math.Pow(FusedAdamW.Norm([.. Gradients(piece).Select(gradient => gradient.to_type(ScalarType.Float32))]), 2);
        }
        var norm = Math.Sqrt(squares);
        if (!double.IsFinite(norm))
            return norm;
        var factor = maxGradNorm / (norm + 1e-6);
        foreach (var piece in pieces)
        {
            using var scope = NewDisposeScope();
            Tensor[] gradients = _staging?.Fetch(Gradients(piece)) ?? [.. Gradients(piece).Select(gradient => gradient.to_type(ScalarType.Float32, copy: true))];
            if (factor < 1)
                foreach (var gradient in gradients)
                    gradient.Multiply(factor);
            Move(piece, gradients, learningRate);
            var (masters, weights) = (Of(_masters, piece), Of(_weights, piece));
            if (_staging is not null)
                _staging.Send(masters, weights);
            else
                foreach (var (weight, master) in weights.Zip(masters))
                    weight.copy_(master);
            foreach (var part in piece)
                if (part.Start + part.Count == _weights[part.Weight].numel())
                    _weights[part.Weight].grad = null;
        }
        return norm;
    }

    /// <summary>Neighbouring elements of a weight, counted flat.</summary>
    private readonly record struct Part(int Weight, long Start, long Count);

    private IEnumerable<Part[]> Pieces(int[] used)
    {
        var piece = new List<Part>();
        var room = _pieceElements;
        foreach (var i in used)
            for (var (start, all) = (0L, _weights[i].numel()); start < all;)
            {
                var count = Math.Min(room, all - start);
                piece.Add(new Part(i, start, count));
                (start, room) = (start + count, room - count);
                if (room > 0)
                    continue;
                yield return [.. piece];
                piece.Clear();
                room = _pieceElements;
            }
        if (piece.Count > 0)
            yield return [.. piece];
    }

    private Tensor[] Gradients(Part[] parts) => [.. parts.Select(part => _weights[part.Weight].grad!.reshape(-1).narrow(0, part.Start, part.Count))];

    /// <summary>Views, through which the tensors can be written.</summary>
    private static Tensor[] Of(Tensor[] tensors, IReadOnlyList<Part> parts) => [.. parts.Select(part => tensors[part.Weight].view(-1).narrow(0, part.Start, part.Count))];

    private void Move(IReadOnlyList<Part> parts, Tensor[] gradients, double learningRate)
    {
        // The parts of a weight make one step of it.
        foreach (var part in parts)
            if (part.Start == 0)
                _steps[part.Weight].Add(1);
        FusedAdamW.Step(Of(_masters, parts), [.. gradients.Select(gradient => gradient.reshape(-1))], Of(_firstMoments, parts), Of(_secondMoments, parts),
            [.. parts.Select(part => _steps[part.Weight])], learningRate, Beta1, _beta2, Eps, _weightDecay);
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

    public void Dispose()
    {
        foreach (var tensor in _firstMoments.Concat(_secondMoments).Concat(_steps).Concat(_hasMasters ? _masters : []))
            tensor.Dispose();
        _staging?.Dispose();
    }
}
