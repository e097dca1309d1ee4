using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using SggLab.Contracts;
using SggLab.Contracts.Api;

namespace SggLab.Client;

/// <summary>
/// The HTTP API, typed. A refused or failed call throws <see cref="LabApiException"/> with the server's message. Calls that may be sent twice without harm
/// are tried again after connection errors, 408, 429 and 5xx, with jitter and honouring Retry-After; all others are sent once.
/// </summary>
public sealed partial class LabClient : IDisposable
{
    // Replies of a newer server may carry members this client does not know.
    private static readonly JsonSerializerOptions Tolerant = new(LabJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    private readonly HttpClient _http;
    private readonly bool _owned;
    private readonly Func<string?> _token;

    /// <param name="url">Root of the site, such as http://127.0.0.1:5080.</param>
    /// <param name="token">Asked at every call, so that a rotated token counts at once; null sends none.</param>
    public LabClient(Uri url, Func<string?> token)
        : this(new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5), PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { BaseAddress = Root(url) }, token) => _owned = true;

    public LabClient(Uri url, string? token) : this(url, () => token) { }

    /// <param name="http">Its BaseAddress is the root of the site.</param>
    public LabClient(HttpClient http, Func<string?> token)
    {
        if (http.BaseAddress is null) throw new ArgumentException("The HttpClient has no BaseAddress; set it to the root of the site.", nameof(http));
        _http = http;
        _token = token;
        // Time limits are a call's own: an upload may take hours.
        if (http.Timeout != Timeout.InfiniteTimeSpan) http.Timeout = Timeout.InfiniteTimeSpan;
    }

    public Uri Url => _http.BaseAddress!;
    /// <summary>Where the token was read from, as a message names it, such as "SGGLAB_TOKEN" or "the file /home/ada/token"; null = not known.</summary>
    public string? TokenFrom { get; init; }
    /// <summary>How another token is made, a sentence for the message that this one is not valid.</summary>
    public string TokenRemedy { get; init; } = "An administrator of the site makes one with `./sgglab token create --role ROLE`.";
    /// <summary>How long one try of a JSON call may take.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>How often a call that may be repeated is tried in all.</summary>
    public int Tries { get; init; } = 4;
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(200);

    public void Dispose()
    {
        if (_owned) _http.Dispose();
    }

    /// <summary>Version of this code as it was built, such as 0.1.0+3f2a91c.</summary>
    public static string Version { get; } =
        typeof(LabClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static Uri Root(Uri url) => url.AbsoluteUri.EndsWith('/') ? url : new Uri(url.AbsoluteUri + "/");

    private Task<T> GetAsync<T>(string path, CancellationToken stop) => CallAsync<T>(HttpMethod.Get, path, null, repeatable: true, stop);

    private async Task<T> CallAsync<T>(HttpMethod method, string path, object? body, bool repeatable, CancellationToken stop) =>
        await TryCallAsync<T>(method, path, body, repeatable, stop) ?? throw Unreadable(path, "an empty answer", null);

    /// <summary>null when the server answers 204.</summary>
    private async Task<T?> TryCallAsync<T>(HttpMethod method, string path, object? body, bool repeatable, CancellationToken stop)
    {
        var bytes = body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), LabJson.Options);
        return await RepeatAsync(repeatable, async () =>
        {
            using var limit = Limit(CallTimeout, stop);
            using var reply = await SendAsync(() => new HttpRequestMessage(method, path) { Content = bytes is null ? null : Json(bytes) }, limit.Token, stop);
            if (reply.StatusCode == HttpStatusCode.NoContent) return default;
            return await ReadAsync<T>(reply, path, limit.Token, stop);
        }, stop);
    }

    /// <summary>Sends once and turns every kind of failure into a <see cref="LabApiException"/>.</summary>
    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> create, CancellationToken limit, CancellationToken stop)
    {
        using var request = create();
        if (_token() is { Length: > 0 } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        HttpResponseMessage reply;
        try
        {
            reply = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            throw NoAnswer(e);
        }
        if (reply.IsSuccessStatusCode) return reply;
        using (reply) throw await RefusalAsync(reply, request, limit);
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage reply, string path, CancellationToken limit, CancellationToken stop)
    {
        try
        {
            await using var stream = await reply.Content.ReadAsStreamAsync(limit);
            return await JsonSerializer.DeserializeAsync<T>(stream, Tolerant, limit) ?? throw Unreadable(path, "null", null);
        }
        catch (JsonException e)
        {
            throw Unreadable(path, "an answer of another form: " + e.Message, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            throw NoAnswer(e);
        }
    }

    private async Task<T> RepeatAsync<T>(bool repeatable, Func<Task<T>> call, CancellationToken stop)
    {
        var backoff = new Backoff(FirstWait, TimeSpan.FromSeconds(10));
        for (var left = repeatable ? Tries : 1; ; left--)
        {
            try
            {
                return await call();
            }
            catch (LabApiException e) when (e.IsTransient && left > 1)
            {
                // A wait longer than a call is not for this loop: the caller decides what to do meanwhile.
                if (e.RetryAfter > CallTimeout) throw;
                await Task.Delay(backoff.Next(e.RetryAfter), stop);
            }
        }
    }

    private LabApiException NoAnswer(Exception e)
    {
        var refused = e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } || e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
        var why = e switch
        {
            OperationCanceledException => "gave no answer in time",
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "has a host name that is not known",
            _ when refused => "does not accept a connection",
            _ => "closed the connection before it answered",
        };
        return new($"The server at {Url} {why}. Start it with `./sgglab up`, or name another with --server.", null, maybeDone: !refused, inner: e);
    }

    private async Task<LabApiException> RefusalAsync(HttpResponseMessage reply, HttpRequestMessage request, CancellationToken limit)
    {
        ApiError? error = null;
        try
        {
            error = JsonSerializer.Deserialize<ApiError>(await reply.Content.ReadAsByteArrayAsync(limit), Tolerant);
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException or OperationCanceledException)
        {
            // A proxy's page or a half answer: the status has to do.
        }
        var message = reply.StatusCode == HttpStatusCode.Unauthorized && TokenFrom is { } from
            ? $"The site at {Url} does not accept the token from {from}: it is wrong, has expired or was revoked. {TokenRemedy}"
            : string.IsNullOrWhiteSpace(error?.Message) ? Explain(reply.StatusCode, request) : error.Message;
        var wait = reply.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - DateTimeOffset.UtcNow : null;
        return new(message, reply.StatusCode, error, wait);
    }

    private string Explain(HttpStatusCode status, HttpRequestMessage request) => status switch
    {
        HttpStatusCode.Unauthorized => $"The server at {Url} does not accept the token. Give a valid one with --token-file or SGGLAB_TOKEN; `./sgglab up` prints where the first one lies.",
        HttpStatusCode.Forbidden => $"The token's role does not allow {request.Method} {request.RequestUri?.AbsolutePath}. Use the token of a member or administrator.",
        HttpStatusCode.NotFound => $"The server at {Url} knows no {request.RequestUri?.AbsolutePath}.",
        HttpStatusCode.TooManyRequests => $"The server at {Url} asks for fewer requests. Try again a little later.",
        _ => $"The server at {Url} answered {(int)status} to {request.Method} {request.RequestUri?.AbsolutePath}. Its log says why: `./sgglab logs`.",
    };

    private LabApiException Unreadable(string path, string what, Exception? inner) =>
        new($"The server at {Url} sent {what} to {path}. Is it a SggLab site, of a version near {Version}?", HttpStatusCode.OK, inner: inner);

    private static CancellationTokenSource Limit(TimeSpan time, CancellationToken stop)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(stop);
        source.CancelAfter(time);
        return source;
    }

    private static ByteArrayContent Json(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static string Query(string path, params ReadOnlySpan<(string Name, string? Value)> parts)
    {
        var separator = '?';
        foreach (var (name, value) in parts)
        {
            if (value is null) continue;
            path += $"{separator}{name}={Uri.EscapeDataString(value)}";
            separator = '&';
        }
        return path;
    }

    private static string Part(string id) => Uri.EscapeDataString(id);
}
