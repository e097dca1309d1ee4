using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>
/// How a custom backward gives its gradients to libtorch, which reads them after the call. TorchSharp would keep them, and the gradients
/// that came in, until the scope of the whole step ends (on a GPU's own thread there is none, so until a finalizer runs): hundreds of
/// megabytes that nobody needs. Here what came in is freed at once, and what goes out when the next backward of the thread is done.
/// </summary>
internal static class GradientHandover
{
    [ThreadStatic]
    private static Tensor[]? _read;

    /// <param name="given">The gradients that came in; not to be used afterwards.</param>
    /// <param name="results">One a forward argument; null for what has no gradient.</param>
    public static List<Tensor> Return(IEnumerable<Tensor> given, params Tensor?[] results)
    {
        foreach (var tensor in given)
            tensor?.Dispose();
        foreach (var tensor in _read ?? [])
            tensor.Dispose();
        _read = [.. results.OfType<Tensor>().Select(tensor => tensor.DetachFromDisposeScope())];
        return [.. results.Select(tensor => tensor!)];
    }
}
