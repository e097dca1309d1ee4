using SggLab.Contracts.Api;

namespace SggLab.Client;

/// <summary>Tokens and members.</summary>
public sealed partial class LabClient
{
    /// <summary>Sent once: a repetition would make a second token.</summary>
    public Task<CreatedToken> CreateTokenAsync(string name, string role, DateTimeOffset? expiresAt, CancellationToken stop = default) =>
        CallAsync<CreatedToken>(HttpMethod.Post, "api/v1/tokens", new CreateToken(name, role, expiresAt), repeatable: false, stop);

    public Task<IReadOnlyList<TokenSummary>> TokensAsync(CancellationToken stop = default) => GetAsync<IReadOnlyList<TokenSummary>>("api/v1/tokens", stop);

    /// <summary>Sending it twice changes nothing the second time.</summary>
    public Task<RevokedToken> RevokeTokenAsync(string id, CancellationToken stop = default) =>
        CallAsync<RevokedToken>(HttpMethod.Delete, $"api/v1/tokens/{Part(id)}", null, repeatable: true, stop);

    /// <summary>A name that is taken is a conflict, so it is sent once.</summary>
    public Task AddMemberAsync(string name, string role, string password, CancellationToken stop = default) =>
        CallAsync<MemberName>(HttpMethod.Post, "api/v1/members", new CreateMember(name, role, password), repeatable: false, stop);

    public Task ChangePasswordAsync(string name, string password, CancellationToken stop = default) =>
        CallAsync<MemberName>(HttpMethod.Post, $"api/v1/members/{Part(name)}/password", new NewPassword(password), repeatable: true, stop);

    private sealed record MemberName(string Name);
}
