using SggLab.Contracts;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>How a weight starts when a model is made from nothing.</summary>
public enum WeightStart
{
    Normal,
    Zeros,
    Ones,
}

/// <summary>
/// The weights of a model by their checkpoint names, in the order of the model. Weights that generation multiplies
/// together (q, k, v; gate, up) are declared as one stack: neighbours in one block of memory, so that the fast decoder
/// uses the block while training, loading and saving see each weight under its own name.
/// </summary>
public sealed class WeightSet : IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WeightStart> _starts = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly List<Tensor> _blocks = [];
    private readonly Dictionary<string, Linear> _linears = new(StringComparer.Ordinal);

    internal WeightSet(ScalarType type, Device device)
    {
        Type = type;
        Device = device;
    }

    public ScalarType Type { get; }

    public Device Device { get; }

    /// <summary>Names in the order of the model.</summary>
    public IReadOnlyList<string> Names => _names;

    public Tensor this[string name] =>
        _tensors.TryGetValue(name, out var tensor) ? tensor : throw new LabException($"The model has no weight {name}.");

    public bool Contains(string name) => _tensors.ContainsKey(name);

    public WeightStart StartOf(string name) => _starts[name];

    public long Count => _names.Sum(n => _tensors[n].numel());

    internal Tensor Declare(string name, WeightStart start, params long[] shape) => DeclareStack(start, [name], [shape[0]], shape[1..]).Parts[0];

    /// <summary>Weights that share their shape but for the first dimension, one after the other in one block.</summary>
    internal (Tensor Block, Tensor[] Parts) DeclareStack(WeightStart start, string[] names, long[] rows, params long[] rest)
    {
        var block = empty([rows.Sum(), .. rest], Type, Device).DetachFromDisposeScope();
        _blocks.Add(block);
        var parts = new Tensor[names.Length];
        long row = 0;
        for (var i = 0; i < names.Length; i++)
        {
            using var view = block.narrow(0, row, rows[i]);
            parts[i] = view.detach().DetachFromDisposeScope();
            row += rows[i];
            _tensors.Add(names[i], parts[i]);
            _starts.Add(names[i], start);
            _names.Add(names[i]);
        }
        return (block, parts);
    }

    /// <summary>The layers that an adapter can attach to, by the name of their weight without its ending.</summary>
    internal IReadOnlyDictionary<string, Linear> Linears => _linears;

    internal Linear Linear(string name, Tensor weight, Tensor? bias)
    {
        var linear = new Linear(weight, bias);
        _linears.Add(name, linear);
        return linear;
    }

    /// <summary>Declares a layer of one weight and, where wanted, a bias.</summary>
    internal Linear DeclareLinear(string name, long from, long to, bool bias) =>
        Linear(name, Declare($"{name}.weight", WeightStart.Normal, to, from), bias ? Declare($"{name}.bias", WeightStart.Zeros, to) : null);

    /// <summary>A weight with the update of the adapter that is attached and enabled, if there is one.</summary>
    internal Tensor Merged(string name, Tensor weight)
    {
        const string ending = ".weight";
        return name.EndsWith(ending, StringComparison.Ordinal) && _linears.TryGetValue(name[..^ending.Length], out var linear) && linear.adapter is { Enabled: true }
            ? linear.MergedWeight() : weight;
    }

    /// <summary>Asks for gradients of the weights whose name passes, and of no other.</summary>
    public void Train(Func<string, bool> isTrained)
    {
        foreach (var name in _names)
            _tensors[name].requires_grad_(isTrained(name));
    }

    /// <summary>The weights that ask for gradients, with their names, in the order of the model.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Trained() =>
        _names.Where(n => _tensors[n].requires_grad).Select(n => KeyValuePair.Create(n, _tensors[n]));

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
            tensor.Dispose();
        foreach (var block in _blocks)
            block.Dispose();
    }
}
