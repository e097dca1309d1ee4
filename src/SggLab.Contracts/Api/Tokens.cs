namespace SggLab.Contracts.Api;

/// <summary>POST /api/v1/tokens; takes an admin's token.</summary>
/// <param name="Role">worker, viewer, member or admin.</param>
public sealed record CreateToken(string Name, string Role, DateTimeOffset? ExpiresAt);

/// <param name="Token">Shown this once.</param>
public sealed record CreatedToken(string Id, string Token);
