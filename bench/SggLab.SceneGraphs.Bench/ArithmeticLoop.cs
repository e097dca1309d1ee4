using System.Diagnostics;

namespace SggLab.SceneGraphs.Bench;

/// <summary>A fixed loop of whole-number arithmetic, timed in the same run as what is measured: figures of two machines, or of a busy one, are compared by it.</summary>
internal static class ArithmeticLoop
{
    private const int Steps = 10_000_000;

    public static Measure Rate()
    {
        var best = double.MaxValue;
        var state = 88172645463325252UL;
        for (var run = 0; run < 20; run++)
        {
            var watch = Stopwatch.StartNew();
            for (var i = 0; i < Steps; i++)
            {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
            }
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }
        // Used, so that the loop is not left out.
        return Measure.Plain("arithmetic_loop", Steps / best / 1e6, state == 0 ? "" : "million xorshift steps/s");
    }
}
