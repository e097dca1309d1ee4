using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using SggLab.Tracking.Access;

namespace SggLab.Web.Access;

/// <summary>An open page does not outlive its sign-in: once a minute it is asked whether the member is still here with the same role.</summary>
public sealed class CircuitRevalidation(ILoggerFactory logs, IServiceScopeFactory scopes, TimeProvider time) : RevalidatingServerAuthenticationStateProvider(logs)
{
    private readonly ILogger _log = logs.CreateLogger<CircuitRevalidation>();

    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            return await MemberClaims.StillHoldsAsync(authenticationState.User, scope.ServiceProvider.GetRequiredService<AccessService>(), time.GetUtcNow(), cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A database that is away for a minute must not sign everybody out; the next minute asks again.
            _log.LogWarning(e, "Could not check whether {Member} is still a member", authenticationState.User.Identity?.Name);
            return true;
        }
    }
}
