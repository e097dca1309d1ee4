namespace SggLab.Tracking.Access;

/// <summary>The sentence a caller without the role gets; null where the role suffices.</summary>
internal static class Permissions
{
    public static Refusal? ToRead(Actor by) => by.MayRead ? null : Refuse(by, "read the lab's pages and figures", "viewer");
    public static Refusal? ToWrite(Actor by) => by.MayWrite ? null : Refuse(by, "queue, cancel or retry runs", "member");
    public static Refusal? ToAdminister(Actor by) => by.MayAdminister ? null : Refuse(by, "manage members and tokens", "admin");
    public static Refusal? ToWork(Actor by) => by.MayWork ? null : Refuse(by, "act as a worker", "worker");

    /// <exception cref="ForbiddenException">The role does not suffice.</exception>
    public static void RequireRead(Actor by)
    {
        if (ToRead(by) is { } refusal)
            throw new ForbiddenException(refusal.Message);
    }

    /// <exception cref="ForbiddenException">The role does not suffice.</exception>
    public static void RequireAdminister(Actor by)
    {
        if (ToAdminister(by) is { } refusal)
            throw new ForbiddenException(refusal.Message);
    }

    private static Refusal Refuse(Actor by, string what, string wanted) => Refusal.Forbidden(
        $"{by.Name} has the role {by.Role.ToString().ToLowerInvariant()} and may not {what}; that takes the role {wanted}. Use such a token, or ask an administrator for one.");
}

/// <summary>A query that the caller's role does not allow.</summary>
public sealed class ForbiddenException(string message) : Contracts.LabException(message, 1);
