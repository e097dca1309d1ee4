using System.Runtime.InteropServices;

namespace SggLab.Modeling;

/// <summary>Aligned f32 memory outside the managed heap, in rows.</summary>
internal sealed unsafe class FloatBuffer(long rows, long width) : IDisposable
{
    public float* Pointer { get; private set; } = Allocate(rows * width);

    public float* Row(int row) => Pointer + row * width;

    public static float* Allocate(long count) => (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, count) * sizeof(float), 64);

    public void Dispose()
    {
        if (Pointer != null)
            NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
