using System.Diagnostics;
using static TorchSharp.torch;

namespace SggLab.Modeling.Bench;

/// <summary>Seconds of an item, and of one matmul measured around it.</summary>
internal readonly record struct Timing(double Seconds, double Matmul);

/// <summary>The yardstick: one f32 product of 1024 x 1024 by 1024 x 1024, by the same libtorch on the same threads. Figures in it travel between machines.</summary>
internal static class Matmul
{
    public const string Name = "one f32 matmul of 1024^3";

    private const int Side = 1024, Around = 6;

    /// <summary>Whether to count the CPU time of the process instead of the clock's: on a busy machine, with one thread, the steadier figure.</summary>
    public static bool ByCpuTime { get; set; }

    /// <summary>The fastest run of an item, in the fastest matmul seen before, between and after the runs.</summary>
    public static Timing Time(int runs, Action item)
    {
        var (best, matmul) = (double.MaxValue, double.MaxValue);
        // Memory is found and loops are compiled: the runtime compiles a loop again, better, up to a second after it met it.
        var warm = Stopwatch.StartNew();
        do item();
        while (warm.Elapsed.TotalSeconds < 1.5);
        for (var run = 0; run < runs; run++)
        {
            matmul = Math.Min(matmul, Seconds());
            var start = Now();
            item();
            best = Math.Min(best, Now() - start);
        }
        return new Timing(best, Math.Min(matmul, Seconds()));
    }

    /// <summary>The fastest of a few.</summary>
    public static double Seconds()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var (a, b) = (rand(Side, Side), rand(Side, Side));
        var result = a.mm(b);
        var best = double.MaxValue;
        for (var i = 0; i < Around; i++)
        {
            var start = Now();
            mm(a, b).Dispose();
            best = Math.Min(best, Now() - start);
        }
        return best;
    }

    public static double Now() => ByCpuTime ? Environment.CpuUsage.TotalTime.TotalSeconds : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
}
