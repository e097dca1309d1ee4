using SggLab.Contracts.Api;

namespace SggLab.Client;

/// <summary>Tokens and members.</summary>
public sealed partial class LabClient
{
    /// <summary>Sent once: a repetition would make a second token.</summary>
    public Task<CreatedToken> CreateTokenAsync(string name, string role, DateTimeOffset? expiresAt, CancellationToken stop = default) =>
        CallAsync<CreatedToken>(HttpMethod.Post, "api/v1/tokens", new CreateToken(name, role, expiresAt), repeatable: false, stop);

    /// <summary>A name that is taken is a conflict, so it is sent once.</summary>
    public Task AddMemberAsync(string name, string role, string password, CancellationToken stop = default) =>
        CallAsync<MemberName>(HttpMethod.Post, "api/v1/members", new CreateMember(name, role, password), repeatable: false, stop);

    public Task ChangePasswordAsync(string name, string password, CancellationToken stop = default) =>
        CallAsync<MemberName>(HttpMethod.Post, $"api/v1/members/{Part(name)}/password", new NewPassword(password), repeatable: true, stop);

    private sealed record MemberName(string Name);
}
