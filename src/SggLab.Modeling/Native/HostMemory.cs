using System.Globalization;
using SggLab.Contracts;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Memory of the host that a GPU may copy to and from.</summary>
public static class HostMemory
{
    /// <summary>A flat tensor with nothing in it yet.</summary>
    /// <param name="pinned">Whether the GPU copies it on its own while the CPU goes on; libtorch then takes the next power of two of bytes. Needs a GPU.</param>
    /// <exception cref="LabException">There is no such memory.</exception>
    public static Tensor Empty(long elements, ScalarType type, bool pinned)
    {
        if (!pinned)
            return empty([elements], type);
        try
        {
            return TorchDispatcher.Empty(elements, type, pinned: true);
        }
        catch (InvalidOperationException e)
        {
            throw new LabException(string.Create(CultureInfo.InvariantCulture, $"The host gave no pinned memory for {elements:N0} elements of {type} (libtorch's reason is on standard error). Free memory of the host, or set optimizer_device: device."), 3, e);
        }
    }
}
