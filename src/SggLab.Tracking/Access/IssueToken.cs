using Marten;
using SggLab.Contracts;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Access;

/// <summary>Makes a token for the API. Two of one name may be valid at once, so that one can be replaced by the other.</summary>
public sealed record IssueToken(Actor By, string Name, Role Role, DateTimeOffset? ExpiresAt = null) : ILabCommand<IssuedToken>;

/// <param name="Token">Shown once; the database holds its SHA-256.</param>
public sealed record IssuedToken(string Id, string Token);

public static class IssueTokenHandler
{
    public static Outcome<IssuedToken> Handle(IssueToken command, IDocumentSession session)
    {
        if (Permissions.ToAdminister(command.By) is { } forbidden)
            return forbidden;
        if (command.Name is not { Length: >= 1 and <= 80 })
            return Refusal.Invalid("Give the token a name of 1 to 80 characters, such as the machine it is for.", "name");
        session.SignedBy(command.By);
        return Outcome.Done(Issue(session, command));
    }

    internal static IssuedToken Issue(IDocumentSession session, IssueToken command)
    {
        var issued = new IssuedToken(LabId.New(), Tokens.New());
        session.ForTenant(LabStore.NoProject).Events.StartStream(StreamKeys.Token(issued.Id),
            new TokenIssued(issued.Id, SafeText.Of(command.Name), command.Role, command.By.Project, Tokens.Hash(issued.Token), command.ExpiresAt?.ToUniversalTime()));
        return issued;
    }
}
