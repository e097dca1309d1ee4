using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Aligned f32 memory outside the managed heap, seen as tensors of as many rows as are in use.</summary>
internal sealed unsafe class FloatBuffer : IDisposable
{
    private readonly long _width;
    private Tensor? _view;
    private long _rows;

    public FloatBuffer(long rows, long width)
    {
        _width = width;
        Pointer = Allocate(rows * width);
    }

    public float* Pointer { get; private set; }

    public float* Row(int row) => Pointer + row * _width;

    /// <summary>The first rows as a tensor; owned by this buffer.</summary>
    public Tensor Rows(long rows)
    {
        if (_view is null || _rows != rows)
        {
            _view?.Dispose();
            _view = TensorMemory.Wrap(Pointer, [rows, _width], ScalarType.Float32).DetachFromDisposeScope();
            _rows = rows;
        }
        return _view;
    }

    public static float* Allocate(long count) => (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, count) * sizeof(float), 64);

    public void Dispose()
    {
        _view?.Dispose();
        if (Pointer != null)
            NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
