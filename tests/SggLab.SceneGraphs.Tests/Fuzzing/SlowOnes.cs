namespace SggLab.SceneGraphs.Tests.Fuzzing;

/// <summary>
/// Times work by its processor time. What was too slow is tried again at the end: the first ones of a process meet code that is not yet optimised,
/// and any one may meet the collector.
/// </summary>
internal sealed class SlowOnes(TimeSpan promised)
{
    private readonly List<(string What, Action Work)> _slow = [];

    public void Time(string what, Action work)
    {
        if (CpuTime.Of(work) > promised) _slow.Add((what, work));
    }

    public void ShouldBeNone() => _slow.Take(100).Select(s => (s.What, Time: CpuTime.Least(promised, 100, s.Work))).Where(s => s.Time > promised)
        .Select(s => $"{s.Time.TotalMilliseconds} ms: {s.What}").ShouldBeEmpty();
}
