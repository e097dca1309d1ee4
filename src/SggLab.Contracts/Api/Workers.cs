using SggLab.Contracts.Specs;

namespace SggLab.Contracts.Api;

/// <summary>POST /api/v1/workers. Same Id with another Incarnation = the process died: its leases end at once and their runs are requeued.</summary>
public sealed record RegisterWorker(string Id, string Incarnation, string Machine, string Device, int Threads, string Version);

/// <summary>POST /api/v1/workers/{id}/lease answers 200 with this or 204 when nothing waits.</summary>
public sealed record LeaseGrant
{
    public required string RunId { get; init; }
    public required string ExperimentId { get; init; }
    public required int Attempt { get; init; }
    /// <summary>Grows with each lease; a command with an older fence gets 409.</summary>
    public required long Fence { get; init; }
    public required RunSpec Spec { get; init; }
    public required string SpecHash { get; init; }
    public required int TtlSeconds { get; init; }
    /// <summary>The checkpoint that model.run resolved to.</summary>
    public CheckpointFiles? Start { get; init; }
    /// <summary>The newest full checkpoint of an older attempt of this run.</summary>
    public CheckpointFiles? Resume { get; init; }
}

public sealed record CheckpointFiles(string Id, int Step, IReadOnlyList<Records.BlobFile> Files);

/// <summary>POST /api/v1/runs/{id}/attempts/{n}/renew with Fence.</summary>
public sealed record RenewLease(long Fence);
/// <param name="Stop">null or cancel.</param>
public sealed record LeaseRenewed(int TtlSeconds, string? Stop);

/// <summary>Reply of POST /api/v1/runs/{id}/attempts/{n}/records: JSON lines, header X-Fence. Gap: 409 with ApiError.Expected; missing blob: 422 naming it.</summary>
public sealed record RecordsAccepted(int Accepted, int Duplicates, long LastRecord);
