using System.Diagnostics;
using SggLab.Web.Live;

namespace SggLab.Web.Tests.Live;

public sealed class CoalescerTests
{
    [Fact]
    public async Task A_storm_of_signals_gives_at_most_four_calls_a_second_and_the_last_is_seen()
    {
        int calls = 0, sent = 0, seen = 0;
        using var coalescer = new Coalescer(TimeSpan.FromMilliseconds(250), () => { Interlocked.Increment(ref calls); seen = Volatile.Read(ref sent); return Task.CompletedTask; }, TimeProvider.System);
        var clock = Stopwatch.StartNew();
        while (clock.ElapsedMilliseconds < 900)
        {
            Interlocked.Increment(ref sent);
            coalescer.Signal();
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
        for (var wait = 0; wait < 200 && Volatile.Read(ref seen) != sent; wait++)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        seen.ShouldBe(sent);
        calls.ShouldBeLessThanOrEqualTo((int)(clock.ElapsedMilliseconds / 250) + 1);
    }

    [Fact]
    public async Task Calls_never_overlap_and_a_slow_one_makes_room()
    {
        int inside = 0, most = 0, calls = 0;
        using var coalescer = new Coalescer(TimeSpan.FromMilliseconds(10), async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Delay(100);
            Interlocked.Decrement(ref inside);
            calls++;
        }, TimeProvider.System);
        var clock = Stopwatch.StartNew();
        while (clock.ElapsedMilliseconds < 1000)
        {
            coalescer.Signal();
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
        most.ShouldBe(1);
        calls.ShouldBeInRange(1, (int)(clock.ElapsedMilliseconds / 400) + 1);
    }

    [Fact]
    public async Task After_dispose_nothing_is_called()
    {
        var calls = 0;
        var coalescer = new Coalescer(TimeSpan.FromMilliseconds(1), () => { calls++; return Task.CompletedTask; }, TimeProvider.System);
        coalescer.Dispose();
        coalescer.Signal();
        await Task.Delay(50, TestContext.Current.CancellationToken);
        calls.ShouldBe(0);
    }
}
