using SggLab.Contracts.Api;
using SggLab.Contracts.Specs;
using SggLab.Tracking.Access;

namespace SggLab.Tracking.Experiments
{
    /// <summary>Queues an experiment's runs. The same key queues once: the second time answers with the first one's ids.</summary>
    public sealed record QueueRuns(Actor By, string Key, ExperimentSpec Spec) : ILabCommand<ExperimentQueued>;
}

namespace SggLab.Tracking.Runs
{
    /// <summary>A queued run is cancelled at once; a running one is asked to stop at its next step.</summary>
    public sealed record CancelRun(Actor By, string RunId, string? Reason = null) : ILabCommand<string>;
    /// <summary>Puts a failed or cancelled run back into the queue; it goes on from its newest full checkpoint.</summary>
    public sealed record RetryRun(Actor By, string RunId) : ILabCommand<string>;
}
namespace SggLab.Tracking.Access
{
    public sealed record IssueToken(Actor By, string Name, Role Role, DateTimeOffset? ExpiresAt = null) : ILabCommand<IssuedToken>;
    /// <param name="Token">Shown once; the database holds its SHA-256.</param>
    public sealed record IssuedToken(string Id, string Token);
    public sealed record RevokeToken(Actor By, string TokenId) : ILabCommand<string>;
    public sealed record AddMember(Actor By, string Name, Role Role, string Password) : ILabCommand<string>;
    public sealed record ChangePassword(Actor By, string Name, string NewPassword) : ILabCommand<string>;
}
