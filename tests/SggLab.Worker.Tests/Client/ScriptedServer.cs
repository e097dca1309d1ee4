using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SggLab.Worker.Tests.Client;

/// <summary>A real HTTP server on a free port that answers as a test says, one step a request; the last step repeats.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _served;

    private ScriptedServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());
    public ConcurrentQueue<(string Method, string Path, byte[] Body, IHeaderDictionary Headers)> Requests { get; } = [];

    public static async Task<ScriptedServer> StartAsync(params Func<HttpContext, Task>[] steps)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new ScriptedServer(app);
        app.Run(async context =>
        {
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            server.Requests.Enqueue((context.Request.Method, context.Request.Path + context.Request.QueryString, body.ToArray(), new HeaderDictionary(context.Request.Headers.ToDictionary())));
            await steps[Math.Min(Interlocked.Increment(ref server._served), steps.Length) - 1](context);
        });
        await app.StartAsync();
        return server;
    }

    public static Func<HttpContext, Task> Json(int status, object body, int? retryAfter = null) => context =>
    {
        context.Response.StatusCode = status;
        if (retryAfter is { } seconds) context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return context.Response.WriteAsJsonAsync(body, SggLab.Contracts.LabJson.Options);
    };

    public static Func<HttpContext, Task> Bytes(byte[] bytes) => context => context.Response.Body.WriteAsync(bytes).AsTask();

    public static Func<HttpContext, Task> Status(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    /// <summary>The request arrived; its answer never does.</summary>
    public static Func<HttpContext, Task> DropReply { get; } = context =>
    {
        context.Abort();
        return Task.CompletedTask;
    };

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
