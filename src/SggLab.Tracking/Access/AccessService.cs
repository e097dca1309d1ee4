namespace SggLab.Tracking.Access;

/// <summary>Says who a password or token belongs to.</summary>
public sealed class AccessService
{
    /// <returns>The member, or null if the name is unknown or the password wrong; both take the same time.</returns>
    public Task<Actor?> VerifyPasswordAsync(string name, string password, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <returns>The token's owner, or null if it is unknown, expired or revoked.</returns>
    public Task<Actor?> VerifyTokenAsync(string token, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>The member as it is now (null once removed): signed-in pages ask each minute.</summary>
    public Task<Actor?> FindMemberAsync(string name, CancellationToken cancellation = default) => throw new NotImplementedException();
}
