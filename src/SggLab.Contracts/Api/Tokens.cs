namespace SggLab.Contracts.Api;

/// <summary>POST /api/v1/tokens; takes an admin's token.</summary>
/// <param name="Role">worker, viewer, member or admin.</param>
public sealed record CreateToken(string Name, string Role, DateTimeOffset? ExpiresAt);

/// <summary>POST /api/v1/members; takes an admin's token.</summary>
/// <param name="Role">viewer, member or admin.</param>
public sealed record CreateMember(string Name, string Role, string Password)
{
    public override string ToString() => $"{Name} as {Role}";
}

/// <summary>POST /api/v1/members/{name}/password; takes an admin's token.</summary>
public sealed record NewPassword(string Password)
{
    public override string ToString() => "a new password";
}

/// <param name="Token">Shown this once.</param>
public sealed record CreatedToken(string Id, string Token);

/// <summary>GET /api/v1/tokens; takes an admin's token. The token itself is stored nowhere.</summary>
/// <param name="Role">worker, viewer, member or admin.</param>
/// <param name="State">valid, expired or revoked.</param>
/// <param name="MadeBy">Whose token or sign-in made it; system where the site itself did.</param>
public sealed record TokenSummary(string Id, string Name, string Role, string State, DateTimeOffset MadeAt, string? MadeBy, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt);

/// <summary>Reply of DELETE /api/v1/tokens/{id}.</summary>
/// <param name="Changed">False where it was revoked before.</param>
public sealed record RevokedToken(string Id, bool Changed);
