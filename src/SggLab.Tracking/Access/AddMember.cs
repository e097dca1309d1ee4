using Marten;
using SggLab.Contracts;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Access;

/// <summary>Adds a member who signs in with a password. Answers with the name.</summary>
public sealed record AddMember(Actor By, string Name, Role Role, string Password) : ILabCommand<string>
{
    /// <summary>Without the password: commands that fail are logged.</summary>
    public override string ToString() => $"{nameof(AddMember)} {Name} as {Role} by {By.Name}";
}

public static class AddMemberHandler
{
    public const int ShortestPassword = 12;

    public static async Task<Outcome<string>> HandleAsync(AddMember command, IDocumentSession session, CancellationToken cancellation)
    {
        if (Permissions.ToAdminister(command.By) is { } forbidden)
            return forbidden;
        if (!LabId.IsValid(command.Name))
            return Refusal.Invalid("A member's name has 1 to 80 letters, digits, '.', '_' or '-'.", "name");
        if (command.Role == Role.Worker)
            return Refusal.Invalid("A member is a viewer, a member or an admin; workers have tokens.", "role");
        if (command.Password is not { Length: >= ShortestPassword and <= 200 })
            return Refusal.Invalid($"A password has {ShortestPassword} to 200 characters.", "password");
        var members = session.ForTenant(LabStore.NoProject).Events;
        var stored = await members.FetchStreamAsync(StreamKeys.Member(command.Name), token: cancellation);
        if (stored.Count > 0)
            return Refusal.Conflict($"There is a member {command.Name} already.");
        session.SignedBy(command.By);
        Add(session, command, stored.Count);
        return Outcome.Done(command.Name);
    }

    internal static void Add(IDocumentSession session, AddMember command, int version)
    {
        session.ForTenant(LabStore.NoProject).Events.Append(StreamKeys.Member(command.Name), version + 1, new MemberAdded(command.Name, command.Role, command.By.Project));
        ChangePasswordHandler.Store(session, command.Name, command.Password);
    }
}
