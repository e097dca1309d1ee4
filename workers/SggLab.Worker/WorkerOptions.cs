namespace SggLab.Worker;

/// <summary>How a worker process was started.</summary>
public sealed record WorkerOptions
{
    public required Uri Server { get; init; }
    /// <summary>File with the API token; read again at every call, so that it can be replaced.</summary>
    public required string TokenFile { get; init; }
    /// <summary>Everything this worker must remember: identity, journals, outboxes, cache. One process at a time.</summary>
    public required string State { get; init; }
    /// <summary>Take one run, finish it, leave.</summary>
    public bool Once { get; init; }
    /// <summary>CPU threads of libtorch; 0 leaves its default.</summary>
    public int Threads { get; init; }
    /// <summary>Id to register under; null = one made at the first start and kept.</summary>
    public string? Name { get; init; }
    /// <summary>Folder of another libtorch (CUDA) to load instead of the bundled one.</summary>
    public string? Libtorch { get; init; }
    /// <summary>With <see cref="Once"/>: how long to wait for a run before leaving without one.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>How long after SIGTERM the trainer may take to reach its next step and save a checkpoint.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>Checkpoint files kept on this machine, in bytes.</summary>
    public long CacheBytes { get; init; } = 20L << 30;

    /// <summary>How long after the grace period the last records may take to reach the server.</summary>
    public static TimeSpan FarewellTime { get; } = TimeSpan.FromSeconds(10);

    public string Attempts => Path.Combine(State, "attempts");
    public string Cache => Path.Combine(State, "cache");
    public string Ledger => Path.Combine(State, "attempts.jsonl");
    public string Alive => Path.Combine(State, "alive");
}
