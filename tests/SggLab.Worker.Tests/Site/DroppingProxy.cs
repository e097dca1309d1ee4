using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SggLab.Worker.Tests.Site;

/// <summary>Passes requests on to the site; of the replies it lets every n-th one fall: the site has done what was asked, and nobody hears of it.</summary>
internal sealed class DroppingProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _upstream;
    private int _count;
    private int _dropped;

    private DroppingProxy(WebApplication app, Uri site)
    {
        _app = app;
        _upstream = new HttpClient { BaseAddress = site };
    }

    public Uri Url => new(_app.Urls.First());
    public int Dropped => _dropped;

    public static async Task<DroppingProxy> StartAsync(Uri site, int oneIn)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var proxy = new DroppingProxy(app, site);
        app.Run(context => proxy.PassAsync(context, oneIn));
        await app.StartAsync();
        return proxy;
    }

    private async Task PassAsync(HttpContext context, int oneIn)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), context.Request.Path + context.Request.QueryString);
        if (context.Request.Method is "POST" or "PUT") request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, value) in context.Request.Headers)
            if (name is not ("Host" or "Connection" or "Transfer-Encoding") && !request.Headers.TryAddWithoutValidation(name, value.AsEnumerable())) request.Content?.Headers.TryAddWithoutValidation(name, value.AsEnumerable());
        using var reply = await _upstream.SendAsync(request, context.RequestAborted);
        var body = await reply.Content.ReadAsByteArrayAsync(context.RequestAborted);
        if (Interlocked.Increment(ref _count) % oneIn == 0)
        {
            Interlocked.Increment(ref _dropped);
            context.Abort();
            return;
        }
        context.Response.StatusCode = (int)reply.StatusCode;
        if (reply.Content.Headers.ContentType is { } type) context.Response.ContentType = type.ToString();
        if (body.Length > 0) await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _upstream.Dispose();
    }
}
