using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Reads and wraps the memory of CPU tensors without copying.</summary>
internal static unsafe partial class TensorMemory
{
    [LibraryImport("torch_cpu")]
    private static partial int aoti_torch_get_data_ptr(IntPtr tensor, out IntPtr data);

    [LibraryImport("torch_cpu")]
    private static partial int aoti_torch_create_tensor_from_blob(
        void* data, long dimensions, long* sizes, long* strides, long offset, int dtype, int deviceType, int deviceIndex, out IntPtr tensor);

    /// <summary>The address of the first element of a CPU tensor; valid while the tensor lives.</summary>
    internal static byte* Address(Tensor tensor)
    {
        if (tensor.device_type != TorchSharp.DeviceType.CPU)
            throw new ArgumentException("Only the memory of a CPU tensor can be read directly.", nameof(tensor));
        if (aoti_torch_get_data_ptr(tensor.Handle, out var data) != 0)
            throw new InvalidOperationException("libtorch gave no address for a tensor.");
        return (byte*)data;
    }

    /// <summary>A tensor over memory owned by someone else, who must keep it while the tensor is in use.</summary>
    internal static Tensor Wrap(void* data, ReadOnlySpan<long> shape, ScalarType dtype)
    {
        Span<long> strides = stackalloc long[shape.Length];
        long stride = 1;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }
        fixed (long* s = shape)
        fixed (long* t = strides)
        {
            if (aoti_torch_create_tensor_from_blob(data, shape.Length, s, t, 0, (int)(sbyte)dtype, 0, 0, out var tensor) != 0)
                throw new InvalidOperationException($"libtorch could not wrap a tensor of shape [{string.Join(", ", shape.ToArray())}].");
            return Tensor.UnsafeCreateTensor(tensor);
        }
    }

    /// <summary>The elements of a contiguous f32 CPU tensor.</summary>
    internal static Span<float> Floats(Tensor tensor) => Elements<float>(tensor, ScalarType.Float32);

    /// <summary>The elements of a contiguous f64 CPU tensor.</summary>
    internal static Span<double> Doubles(Tensor tensor) => Elements<double>(tensor, ScalarType.Float64);

    /// <summary>The elements of a contiguous i64 CPU tensor.</summary>
    internal static Span<long> Longs(Tensor tensor) => Elements<long>(tensor, ScalarType.Int64);

    private static Span<T> Elements<T>(Tensor tensor, ScalarType dtype) where T : unmanaged
    {
        if (tensor.dtype != dtype || !tensor.is_contiguous())
            throw new ArgumentException($"A contiguous {dtype} tensor was wanted, a {tensor.dtype} one given.", nameof(tensor));
        return new Span<T>(Address(tensor), checked((int)tensor.numel()));
    }

    internal static byte[] Copy(Tensor tensor)
    {
        var size = checked((int)(tensor.numel() * tensor.ElementSize));
        return new ReadOnlySpan<byte>(Address(tensor), size).ToArray();
    }

    internal static void Fill<T>(Tensor tensor, ReadOnlySpan<T> values) where T : unmanaged =>
        values.CopyTo(new Span<T>(Address(tensor), values.Length));
}
