namespace SggLab.Tracking;

/// <summary>How patient the queue is; both times are measured by PostgreSQL's clock.</summary>
public sealed record LabSettings
{
    /// <summary>A worker that says nothing for this long is shown as silent. It renews at a third of it.</summary>
    public TimeSpan LeaseTtl { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A run whose worker says nothing for this long goes back into the queue.</summary>
    public TimeSpan LeaseGrace { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>As <see cref="LeaseGrace"/>, for a run that says that its worker may be offline.</summary>
    public TimeSpan OfflineGrace { get; init; } = TimeSpan.FromDays(1);

    /// <summary>A run whose workers died this often without a new full checkpoint in between fails.</summary>
    public int MaxDeaths { get; init; } = 5;

    /// <summary>Time between looks for silent leases.</summary>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a person's command waits for lists to show what it did. A projection that needs longer is behind for other reasons; the command has been done all the same.</summary>
    public TimeSpan ShowWithin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Rows that one look at the leaderboard gives at most.</summary>
    public int BoardRows { get; init; } = 2000;

    /// <summary>Whether this process runs the projections. False where a process only sends commands.</summary>
    public bool RunsProjections { get; init; } = true;
}
