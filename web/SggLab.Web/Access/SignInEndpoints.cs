using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.RateLimiting;
using SggLab.Tracking.Access;

namespace SggLab.Web.Access;

/// <summary>Signing in by cookie. Everything asks for it but what says otherwise (the sign-in page, the styles it needs, /health).</summary>
public static class SignInEndpoints
{
    public const string RateLimit = "sign-in";
    private const int TriesAMinute = 20;

    public static void AddSignIn(this IServiceCollection services)
    {
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(ConfigureCookie);
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, CircuitRevalidation>();
        services.AddScoped<Visitor>();
        services.AddRateLimiter(options =>
        {
            options.AddPolicy(RateLimit, context => HttpMethods.IsPost(context.Request.Method)
                ? RateLimitPartition.GetFixedWindowLimiter(context.Connection.RemoteIpAddress?.ToString() ?? "unknown",
                    _ => new FixedWindowRateLimiterOptions { PermitLimit = TriesAMinute, Window = TimeSpan.FromMinutes(1) })
                : RateLimitPartition.GetNoLimiter("reading"));
            options.OnRejected = RefuseAsync;
        });
    }

    public static void MapSignOut(this IEndpointRouteBuilder routes) =>
        // The cookie is SameSite=Lax, so that another site's form arrives without it and signs nobody out.
        routes.MapPost(LabUrls.SignOut, async (HttpContext context) =>
        {
            await context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
            return Results.LocalRedirect(LabUrls.SignIn);
        }).AllowAnonymous().DisableAntiforgery();

    private static void ConfigureCookie(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = "sgglab";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = TimeSpan.FromDays(3);
        options.SlidingExpiration = true;
        options.LoginPath = LabUrls.SignIn;
        options.AccessDeniedPath = LabUrls.SignIn;
        options.ReturnUrlParameter = "returnUrl";
        options.Events.OnValidatePrincipal = async context =>
        {
            if (context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
                return; // styles and scripts are for everybody: no question to the database for each of them
            var services = context.HttpContext.RequestServices;
            if (context.Principal is { } user && await MemberClaims.StillHoldsAsync(user, services.GetRequiredService<AccessService>(),
                    services.GetRequiredService<TimeProvider>().GetUtcNow(), context.HttpContext.RequestAborted))
                return;
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        };
    }

    private static async ValueTask RefuseAsync(OnRejectedContext rejected, CancellationToken cancellation)
    {
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? (int)Math.Ceiling(after.TotalSeconds) : 60;
        var response = rejected.HttpContext.Response;
        response.StatusCode = StatusCodes.Status429TooManyRequests;
        response.Headers.RetryAfter = wait.ToString(CultureInfo.InvariantCulture);
        response.ContentType = "text/html; charset=utf-8";
        await response.WriteAsync($"""
            <!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Too many tries · SggLab</title>
            <link rel="stylesheet" href="/site.css"><main class="lab-plain"><h1>Too many tries</h1>
            <p>More than {TriesAMinute} sign-ins a minute came from this address. Wait {wait} seconds, then <a href="{LabUrls.SignIn}">sign in</a>.</p></main></html>
            """, cancellation);
    }
}
