using SggLab.Contracts.Api;

namespace SggLab.Client;

/// <summary>Tokens.</summary>
public sealed partial class LabClient
{
    /// <summary>Sent once: a repetition would make a second token.</summary>
    public Task<CreatedToken> CreateTokenAsync(string name, string role, DateTimeOffset? expiresAt, CancellationToken stop = default) =>
        CallAsync<CreatedToken>(HttpMethod.Post, "api/v1/tokens", new CreateToken(name, role, expiresAt), repeatable: false, stop);
}
