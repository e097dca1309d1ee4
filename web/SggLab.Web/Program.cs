using SggLab.Contracts;
using SggLab.Tracking;
using SggLab.Tracking.Store;
using SggLab.Web;
using SggLab.Web.Api;

try
{
    var site = SiteEnvironment.Read();
    await LabDatabase.CheckVersionAsync(site.Postgres);
    // Wherever it is started from: what belongs to the program lies beside it.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.Logging.AddSiteLog();
    builder.Services.AddSggLabTracking(site.Postgres, site.Home, site.Settings);
    builder.AddLabApi();
    builder.AddSitePages(site.Home);
    var app = builder.Build();
    app.UseProxies(site.Proxies);
    app.UseSitePages();
    app.UseRouting();
    app.UseLabApi();
    app.UseSignIn();
    app.MapLabApi();
    app.MapSitePages();
    await app.RunAsync();
    return 0;
}
catch (LabException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return e.ExitCode;
}
catch (Exception e) when (e is IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } or System.Net.Sockets.SocketException or FormatException)
{
    await Console.Error.WriteLineAsync($"The web site cannot start: {e.Message} Stop what uses that address, or name another one in ASPNETCORE_URLS.");
    return 3;
}
