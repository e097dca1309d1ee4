using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components.Authorization;
using SggLab.Tracking.Access;

namespace SggLab.Web.Access;

/// <summary>Who looks at this circuit's pages.</summary>
public sealed class Visitor(AuthenticationStateProvider authentication)
{
    /// <exception cref="InvalidOperationException">Nobody is signed in; every page but the sign-in page asks for a sign-in first.</exception>
    public async Task<Actor> ActorAsync() => MemberClaims.Actor((await authentication.GetAuthenticationStateAsync()).User)
        ?? throw new InvalidOperationException("Nobody is signed in.");
}

/// <summary>A member as the sign-in cookie carries it.</summary>
public static class MemberClaims
{
    private const string Project = "lab.project", SignedInAt = "lab.signed-in-at";

    /// <summary>However often it is used, a sign-in ends after so long.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    public static ClaimsPrincipal Principal(Actor actor, DateTimeOffset now) => new(new ClaimsIdentity(
    [
        new(ClaimTypes.Name, actor.Name),
        new(ClaimTypes.Role, actor.Role.ToString()),
        new(Project, actor.Project),
        new(SignedInAt, now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
    ], CookieAuthenticationDefaults.AuthenticationScheme));

    /// <returns>Null for anyone who is not signed in as a member.</returns>
    public static Actor? Actor(ClaimsPrincipal user) =>
        user.Identity is { IsAuthenticated: true, Name: { } name } && user.FindFirstValue(Project) is { } project
        && Enum.TryParse<Role>(user.FindFirstValue(ClaimTypes.Role), out var role) ? new(name, role, project) : null;

    /// <summary>Whether the sign-in still holds: young enough, and the member is still here with the same role.</summary>
    public static async Task<bool> StillHoldsAsync(ClaimsPrincipal user, AccessService access, DateTimeOffset now, CancellationToken cancellation)
    {
        if (Actor(user) is not { } actor || !long.TryParse(user.FindFirstValue(SignedInAt), CultureInfo.InvariantCulture, out var since)
            || now - DateTimeOffset.FromUnixTimeSeconds(since) > Lifetime)
            return false;
        return await access.FindMemberAsync(actor.Name, cancellation) is { } member && member.Role == actor.Role && member.Project == actor.Project;
    }
}
