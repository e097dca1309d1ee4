using SggLab.Tracking.Queue;

namespace SggLab.Tracking.Tests.Queue;

public sealed class SweepRhythmTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Heard = TimeSpan.FromSeconds(60), Beat = TimeSpan.FromSeconds(5);
    private readonly SweepRhythm _rhythm = new(new LabSettings());

    [Fact]
    public void After_a_start_workers_are_heard_first_and_then_looked_at_at_every_beat()
    {
        _rhythm.Next(Start).ShouldBe(Heard);
        _rhythm.MaySweep(Start + Heard).ShouldBeTrue();
        _rhythm.Next(Start + Heard).ShouldBe(Beat);
        _rhythm.MaySweep(Start + Heard + Beat + Beat).ShouldBeTrue();
    }

    [Fact]
    public void After_a_sweep_that_failed_workers_are_heard_first()
    {
        _rhythm.Next(Start);
        _rhythm.MaySweep(Start + Heard);
        _rhythm.Failed();

        _rhythm.Next(Start + Heard).ShouldBe(Heard);
    }

    [Fact]
    public void After_a_sleep_nobody_is_judged_before_workers_were_heard()
    {
        _rhythm.Next(Start);
        _rhythm.MaySweep(Start + Heard).ShouldBeTrue();
        _rhythm.Next(Start + Heard).ShouldBe(Beat);
        var woke = Start + Heard + TimeSpan.FromHours(8);

        _rhythm.MaySweep(woke).ShouldBeFalse();

        _rhythm.Next(woke).ShouldBe(Heard);
        _rhythm.MaySweep(woke + Heard).ShouldBeTrue();
    }
}
