using SggLab.Contracts.Api;
using SggLab.Web.Runs;

namespace SggLab.Web.Tests.Runs;

public sealed class EventWindowTests
{
    private static List<EventItem> Down(int from, int count) => [.. Enumerable.Range(0, count).Select(i => Samples.Event(from - i))];

    [Fact]
    public void The_window_grows_at_both_ends_in_order()
    {
        var window = EventWindow.Empty.WithOlder(Down(20, 5), 5).WithNewer([Samples.Event(21), Samples.Event(22)]).WithOlder(Down(15, 3), 5);
        window.Events.Select(item => item.Sequence).ShouldBe([22, 21, 20, 19, 18, 17, 16, 15, 14, 13]);
        window.HasOlder.ShouldBeFalse();
        (window.Newest, window.Oldest).ShouldBe((22, 13));
    }

    [Fact]
    public void An_event_that_comes_twice_is_shown_once() =>
        EventWindow.Empty.WithOlder(Down(20, 5), 5).WithNewer([Samples.Event(20), Samples.Event(21)]).Events.Count(item => item.Sequence == 20).ShouldBe(1);

    [Fact]
    public void A_long_run_never_fills_the_servers_memory()
    {
        var window = EventWindow.Empty;
        for (var batch = 0; batch < 20; batch++)
            window = window.WithNewer([.. Enumerable.Range(1 + batch * 500, 500).Select(i => Samples.Event(i))]);
        window.Events.Count.ShouldBe(EventWindow.Most);
        window.Newest.ShouldBe(10_000);
        window.HasOlder.ShouldBeTrue();
    }

    [Fact]
    public void A_line_of_an_event_tells_its_first_members()
    {
        EventText.Brief(Samples.Event(1, data: """{"step":300,"series":{"loss":[1]},"steps":[1,2],"text":"two\nlines"}""")).ShouldBe("step 300  series {…}  steps [2]  text two lines");
        EventText.Brief(Samples.Event(1, data: "\"" + new string('x', 5000) + "\"")).Length.ShouldBeLessThan(300);
    }

    [Fact]
    public void A_log_record_of_several_lines_is_several_lines()
    {
        LogLine.Of(Samples.Event(1, "log_written", """{"level":"warning","text":"a\r\nb"}""")).Select(line => (line.Level, line.Text)).ShouldBe([("warning", "a"), ("warning", "b")]);
        LogLine.Of(Samples.Event(1, "log_written", """{"level":"<script>","text":"a"}""")).Single().Level.ShouldBe("info");
        LogLine.Of(Samples.Event(1, "log_written", "[1]")).ShouldBeEmpty();
    }
}
