namespace SggLab.Client;

/// <summary>Waiting times between tries: doubling from <paramref name="first"/> to <paramref name="longest"/>, each drawn from the upper half so that many clients spread out.</summary>
public sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private double _seconds = first.TotalSeconds;

    /// <summary>The next wait; a server's Retry-After counts when it is longer.</summary>
    public TimeSpan Next(TimeSpan? retryAfter = null)
    {
        // Jitter needs no secrecy.
#pragma warning disable CA5394
        var wait = TimeSpan.FromSeconds(_seconds * (0.5 + Random.Shared.NextDouble() / 2));
#pragma warning restore CA5394
        _seconds = Math.Min(_seconds * 2, longest.TotalSeconds);
        return retryAfter > wait ? retryAfter.Value : wait;
    }

    public void Reset() => _seconds = first.TotalSeconds;
}
