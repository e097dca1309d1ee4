using System.Runtime.InteropServices;

namespace SggLab.Modeling;

/// <summary>
/// Lets the C library keep the memory that libtorch frees. By itself glibc gives the top of its heap back to the system after every layer and pays
/// for each page again in the next: a tenth of the time of reading prompts, a twentieth of an SFT step.
/// </summary>
internal static partial class KeptMemory
{
    private const int TrimThreshold = -1, MapThreshold = -3; // M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
    private const int Largest = 32 << 20; // From this size on memory is mapped for itself, and goes back when it is freed.

    private static readonly bool Kept = Ask();

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);

    /// <returns>Whether the C library heard; only glibc knows the words.</returns>
    public static bool Keep() => Kept;

    private static bool Ask()
    {
        try
        {
            return mallopt(MapThreshold, Largest) == 1 && mallopt(TrimThreshold, int.MaxValue) == 1;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }
}
