using System.Runtime.InteropServices;

namespace SggLab.SceneGraphs.Tests.Fuzzing;

/// <summary>Processor time of the calling thread: on a loaded machine the clock tells of the neighbours.</summary>
internal static partial class CpuTime
{
    private const int ThreadClock = 3;

    public static TimeSpan Of(Action work)
    {
        var before = Now();
        work();
        return Now() - before;
    }

    /// <summary>The least of some runs; stops at the first below <paramref name="enough"/>.</summary>
    public static TimeSpan Least(TimeSpan enough, int runs, Action work)
    {
        var least = TimeSpan.MaxValue;
        for (var run = 0; run < runs && least > enough; run++)
        {
            var one = Of(work);
            if (one < least) least = one;
            // Code that runs often is optimised beside this thread.
            if (least > enough) Thread.Sleep(20);
        }
        return least;
    }

    private static TimeSpan Now()
    {
        clock_gettime(ThreadClock, out var now);
        return new TimeSpan(now.Seconds * TimeSpan.TicksPerSecond + now.Nanoseconds / TimeSpan.NanosecondsPerTick);
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out Timespec now);

    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
