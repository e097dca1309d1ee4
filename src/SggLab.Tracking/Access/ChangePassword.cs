using Marten;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Access;

/// <summary>Members change their own password, an admin anyone's. Answers with the name.</summary>
public sealed record ChangePassword(Actor By, string Name, string NewPassword) : ILabCommand<string>
{
    /// <summary>Without the password: commands that fail are logged.</summary>
    public override string ToString() => $"{nameof(ChangePassword)} of {Name} by {By.Name}";
}

public static class ChangePasswordHandler
{
    public static async Task<Outcome<string>> HandleAsync(ChangePassword command, IDocumentSession session, CancellationToken cancellation)
    {
        var own = command.By.Name == command.Name && command.By.MayRead;
        if (!own && Permissions.ToAdminister(command.By) is { } forbidden)
            return forbidden;
        if (command.NewPassword is not { Length: >= AddMemberHandler.ShortestPassword and <= 200 })
            return Refusal.Invalid($"A password has {AddMemberHandler.ShortestPassword} to 200 characters.", "password");
        var members = session.ForTenant(LabStore.NoProject).Events;
        var stored = await members.FetchStreamAsync(StreamKeys.Member(command.Name), token: cancellation);
        if (stored.Count == 0)
            return Refusal.NotFound($"There is no member {SafeText.Of(command.Name, 80)}.");
        session.SignedBy(command.By);
        Change(session, command.Name, command.NewPassword, stored.Count);
        return Outcome.Done(command.Name);
    }

    internal static void Change(IDocumentSession session, string name, string password, int version)
    {
        session.ForTenant(LabStore.NoProject).Events.Append(StreamKeys.Member(name), version + 1, new PasswordChanged(name));
        Store(session, name, password);
    }

    internal static void Store(IDocumentSession session, string name, string password) => session.QueueSqlCommand("""
        insert into lab.member_password (name, password) values (?, ?) on conflict (name) do update set password = excluded.password, changed_at = now()
        """, name, Passwords.Hash(password));
}
