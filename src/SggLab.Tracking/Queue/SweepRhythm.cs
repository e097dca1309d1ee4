namespace SggLab.Tracking.Queue;

/// <summary>
/// When to look for silent leases. After the site was away (a start, a database that did not answer, a machine that slept) every worker looks silent: they are
/// given time to be heard before anyone is judged. Pure; the clock is the wall's, which goes on while a machine sleeps.
/// </summary>
internal sealed class SweepRhythm(LabSettings settings)
{
    // A loop that is merely late, on a busy machine, is no absence.
    private const int LateBeats = 5;

    private DateTimeOffset _due = DateTimeOffset.MinValue;
    private bool _away = true;

    /// <summary>How long workers are waited for: each says something at a third of the ttl.</summary>
    private TimeSpan Heard => settings.LeaseTtl < settings.LeaseGrace ? settings.LeaseTtl : settings.LeaseGrace;

    /// <summary>How long to wait now.</summary>
    public TimeSpan Next(DateTimeOffset now)
    {
        var wait = _away ? Heard : settings.SweepEvery;
        _due = now + wait;
        _away = false;
        return wait;
    }

    /// <summary>Whether the wait was over about when it should have been. If not, this sweep is left out.</summary>
    public bool MaySweep(DateTimeOffset now)
    {
        _away = now - _due > LateBeats * settings.SweepEvery;
        return !_away;
    }

    /// <summary>A sweep failed: the database was away, and workers could not renew either.</summary>
    public void Failed() => _away = true;
}
