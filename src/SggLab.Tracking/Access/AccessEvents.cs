namespace SggLab.Tracking.Access;

/// <summary>Stream member-NAME, in no project. The password's hash is no event: it lies in lab.member_password and can be forgotten.</summary>
public sealed record MemberAdded(string Name, Role Role, string Project);

public sealed record PasswordChanged(string Name);

/// <summary>Stream token-ID, in no project.</summary>
/// <param name="Hash">SHA-256 of the token, lower-case hex. The token has 256 random bits, so its hash gives nothing away.</param>
public sealed record TokenIssued(string TokenId, string Name, Role Role, string Project, string Hash, DateTimeOffset? ExpiresAt);

public sealed record TokenRevoked(string TokenId, string Name);
