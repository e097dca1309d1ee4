namespace SggLab.Client;

/// <param name="Role">worker, viewer, member or admin.</param>
public sealed record CreateToken(string Name, string Role, DateTimeOffset? ExpiresAt);
/// <param name="Token">Shown this once.</param>
public sealed record CreatedToken(string Id, string Token);

/// <summary>Tokens.</summary>
public sealed partial class LabClient
{
    /// <summary>Sent once: a repetition would make a second token.</summary>
    public Task<CreatedToken> CreateTokenAsync(string name, string role, DateTimeOffset? expiresAt, CancellationToken stop = default) =>
        CallAsync<CreatedToken>(HttpMethod.Post, "api/v1/tokens", new CreateToken(name, role, expiresAt), repeatable: false, stop);
}
