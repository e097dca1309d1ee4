using SggLab.Tracking.Live;

namespace SggLab.Web.Live;

/// <summary>Lets a page follow what the projections change, in bursts merged to at most four refreshes a second.</summary>
public sealed class LivePages(LiveFeed feed, TimeProvider time)
{
    public static readonly TimeSpan AtMostEvery = TimeSpan.FromMilliseconds(250);

    /// <param name="concerns">Whether a change matters to the page; called on the feed's thread.</param>
    /// <param name="refresh">Called off the page's dispatcher; never twice at a time.</param>
    /// <returns>Dispose it when the page goes.</returns>
    public IDisposable Follow(string project, Func<LabChange, bool> concerns, Func<Task> refresh)
    {
        var coalescer = new Coalescer(AtMostEvery, refresh, time);
        var subscription = feed.Subscribe(project, null, null, change =>
        {
            if (change.Kind == "all" || concerns(change))
                coalescer.Signal();
        });
        return new Subscription(subscription, coalescer);
    }

    private sealed class Subscription(IDisposable feed, Coalescer coalescer) : IDisposable
    {
        public void Dispose()
        {
            feed.Dispose();
            coalescer.Dispose();
        }
    }
}
