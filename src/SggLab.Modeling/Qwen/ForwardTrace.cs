using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Keeps copies of what flows through a forward pass, for comparing it with another implementation.</summary>
public sealed class ForwardTrace : IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, Tensor> Tensors => _tensors;

    internal void Add(string name, Tensor tensor) => _tensors[name] = tensor.detach().clone().DetachFromDisposeScope();

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
            tensor.Dispose();
    }
}
