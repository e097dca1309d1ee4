using System.Numerics;
using SggLab.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Optimization;

/// <summary>
/// How gradients come to masters in host memory and weights go back, a piece at a time: through one buffer of the weights' type, pinned where the weights
/// are on a GPU, so that each way is copies that nobody waits for one by one. Between weights and masters the CPU converts.
/// </summary>
internal sealed class HostStaging : IDisposable
{
    private readonly Tensor _buffer, _gradients;
    private readonly Device _device;

    /// <param name="elements">The most that a piece has.</param>
    public HostStaging(long elements, ScalarType type, Device device)
    {
        _device = device;
        _buffer = HostMemory.Empty(Rounded(elements), type, device.type == DeviceType.CUDA).DetachFromDisposeScope();
        _gradients = empty([elements], ScalarType.Float32).DetachFromDisposeScope();
    }

    /// <summary>Bytes that a piece's buffers take.</summary>
    /// <param name="element">Bytes of a weight.</param>
    public static double Bytes(long elements, double element) => Rounded(elements) * element + elements * 4.0;

    /// <summary>f32 copies of gradients, which stay until the next piece is fetched.</summary>
    public Tensor[] Fetch(IReadOnlyList<Tensor> gradients)
    {
        foreach (var (staged, gradient) in Parts(_buffer, gradients).Zip(gradients))
            staged.copy_(gradient, nonBlocking: true);
        // What was sent last is through then too, for the GPU takes copies in order: the buffer is the CPU's.
        if (_device.type == DeviceType.CUDA)
            cuda.synchronize();
        var count = gradients.Sum(gradient => gradient.numel());
        _gradients.narrow(0, 0, count).copy_(_buffer.narrow(0, 0, count));
        return Parts(_gradients, gradients);
    }

    /// <summary>Rounds masters to the weights' type and sends them; later work of the GPU sees them.</summary>
    public void Send(IReadOnlyList<Tensor> masters, IReadOnlyList<Tensor> weights)
    {
        foreach (var ((staged, master), weight) in Parts(_buffer, masters).Zip(masters).Zip(weights))
        {
            staged.copy_(master);
            weight.copy_(staged, nonBlocking: true);
        }
    }

    /// <summary>Neighbouring parts of a buffer, as long as the tensors are.</summary>
    private static Tensor[] Parts(Tensor buffer, IReadOnlyList<Tensor> like)
    {
        var start = 0L;
        return [.. like.Select(tensor => buffer.narrow(0, (start += tensor.numel()) - tensor.numel(), tensor.numel()))];
    }

    private static long Rounded(long elements) => (long)BitOperations.RoundUpToPowerOf2((ulong)elements);

    public void Dispose()
    {
        _buffer.Dispose();
        _gradients.Dispose();
    }
}
