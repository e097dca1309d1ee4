using Marten;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Access;

/// <summary>The token stops working at once.</summary>
public sealed record RevokeToken(Actor By, string TokenId) : ILabCommand<string>;

public static class RevokeTokenHandler
{
    public static async Task<Outcome<string>> HandleAsync(RevokeToken command, IDocumentSession session, CancellationToken cancellation)
    {
        if (Permissions.ToAdminister(command.By) is { } forbidden)
            return forbidden;
        var tokens = session.ForTenant(LabStore.NoProject).Events;
        var stored = await tokens.FetchStreamAsync(StreamKeys.Token(command.TokenId), token: cancellation);
        if (stored.Select(e => e.Data).OfType<TokenIssued>().FirstOrDefault() is not { } issued || issued.Project != command.By.Project)
            return Refusal.NotFound($"There is no token with the id {SafeText.Of(command.TokenId, 80)}; `./sgglab token list` shows what there is.");
        if (stored.Any(e => e.Data is TokenRevoked))
            return Outcome.Already(command.TokenId);
        session.SignedBy(command.By);
        tokens.Append(StreamKeys.Token(command.TokenId), stored.Count + 1, new TokenRevoked(command.TokenId, issued.Name));
        return Outcome.Done(command.TokenId);
    }
}
