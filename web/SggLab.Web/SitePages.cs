using Microsoft.AspNetCore.DataProtection;
using SggLab.Web.Access;
using SggLab.Web.Experiments;
using SggLab.Web.Layout;
using SggLab.Web.Live;

namespace SggLab.Web;

/// <summary>The pages' part of the web process; Program.cs joins it with the API.</summary>
public static class SitePages
{
    /// <summary>A pasted experiment travels through the circuit: as large as a run file may be, with room for its JSON escapes.</summary>
    private const int LargestMessage = 3 << 20;

    /// <param name="home">State folder; the keys that protect the cookies lie in its folder `keys`, so that a restart signs nobody out.</param>
    public static void AddSitePages(this WebApplicationBuilder builder, string home)
    {
        var services = builder.Services;
        services.AddRazorComponents().AddInteractiveServerComponents(options => options.DetailedErrors = builder.Environment.IsDevelopment())
            .AddHubOptions(options => options.MaximumReceiveMessageSize = LargestMessage);
        services.AddBootstrapBlazor(options => (options.FallbackCulture, options.SupportedCultures) = ("en", ["en"]));
        services.AddDataProtection().SetApplicationName("SggLab").PersistKeysToFileSystem(OwnersFolder(Path.Combine(home, "keys")));
        services.AddSingleton(TimeProvider.System);
        services.AddSignIn();
        services.AddScoped<LivePages>();
        services.AddSingleton(new Presets(home));
    }

    /// <summary>Before the end points of API and pages.</summary>
    public static void UseSitePages(this WebApplication app)
    {
        app.UseSecurityHeaders();
        app.UseWhen(context => !context.Request.Path.StartsWithSegments("/api"), pages =>
        {
            pages.UseExceptionHandler("/error", createScopeForErrors: true);
            pages.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        });
        app.UseRouting();
        app.UseRateLimiter();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
    }

    public static void MapSitePages(this WebApplication app)
    {
        app.MapStaticAssets().AllowAnonymous();
        app.MapSignOut();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = null);
    }

    private static DirectoryInfo OwnersFolder(string path)
    {
        var folder = Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
            folder.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        return folder;
    }
}
