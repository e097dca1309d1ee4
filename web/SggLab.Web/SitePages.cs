using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.Features;
using SggLab.Web.Access;
using SggLab.Web.Experiments;
using SggLab.Web.Layout;
using SggLab.Web.Live;
using SggLab.Web.Rollouts;

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
        // The keys' folder is the owner's alone, which is what there is to protect them with here.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error);
        services.AddSingleton(TimeProvider.System);
        services.AddSignIn();
        services.AddScoped<LivePages>();
        services.AddSingleton(new Presets(home));
        services.AddSingleton<RolloutShardReader>();
    }

    /// <summary>First of all, before routing: headers, and a page for what goes wrong outside the API.</summary>
    public static void UseSitePages(this WebApplication app)
    {
        app.UseSecurityHeaders();
        app.UseWhen(context => !context.Request.Path.StartsWithSegments("/api"), pages =>
        {
            pages.Use(LimitBody);
            pages.UseExceptionHandler("/error", createScopeForErrors: true);
            // Only what a person reads: a refused POST (a circuit's, a form's) keeps its own status.
            pages.UseWhen(context => HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method),
                read => read.UseStatusCodePagesWithReExecute("/status/{0}", createScopeForStatusCodePages: true));
        });
    }

    /// <summary>After routing and the API's own gate.</summary>
    public static void UseSignIn(this WebApplication app)
    {
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

    /// <summary>The API takes blobs of any size; pages take a form and, where a proxy allows no websockets, a circuit's messages.</summary>
    private static Task LimitBody(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
            body.MaxRequestBodySize = LargestMessage;
        return next(context);
    }

    private static DirectoryInfo OwnersFolder(string path)
    {
        var folder = Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
            folder.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        return folder;
    }
}
