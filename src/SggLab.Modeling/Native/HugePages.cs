using System.Runtime.InteropServices;

namespace SggLab.Modeling;

/// <summary>Large arrays in pages of 2 MiB. The collector hands a large array out in fresh memory, and a fault for each of its 4 KiB pages takes longer than to fill it.</summary>
internal static unsafe partial class HugePages
{
    private const nuint Size = 2 << 20;
    private const int Wanted = 14; // MADV_HUGEPAGE of sys/mman.h

    [LibraryImport("libc")]
    private static partial int madvise(void* address, nuint length, int advice);

    /// <summary>An array whose elements are yet to be written.</summary>
    public static T[] Uninitialized<T>(int length) where T : unmanaged
    {
        var array = GC.AllocateUninitializedArray<T>(length);
        if (!OperatingSystem.IsLinux() || (nuint)length * (nuint)sizeof(T) < Size)
            return array;
        fixed (T* first = array)
        {
            // Whole pages alone: the rest belongs to others. Where the system has none to give, nothing changes.
            var start = ((nuint)first + Size - 1) / Size * Size;
            var end = (nuint)(first + length) / Size * Size;
            if (end > start)
                _ = madvise((void*)start, end - start, Wanted);
        }
        return array;
    }
}
