using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Specs;

namespace SggLab.Training.Servers;

/// <summary>
/// Requests to the addresses of one server: at most so many under way at each, the rest wait here; what is lost or refused for load is sent again,
/// elsewhere if there is an elsewhere.
/// </summary>
internal sealed class ServerPool : IDisposable
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(250), s_longestWait = TimeSpan.FromSeconds(30);

    private readonly ServerSettings _settings;
    private readonly HttpClient _http;
    private readonly Address[] _addresses;
    private readonly SemaphoreSlim _free;

    public ServerPool(ServerSettings settings)
    {
        _settings = settings;
        _addresses = [.. settings.Urls.Select(url => new Address(new Uri(url.TrimEnd('/') + "/")))];
        _free = new SemaphoreSlim(settings.Concurrency * _addresses.Length);
        _http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = settings.Concurrency, PooledConnectionLifetime = TimeSpan.FromMinutes(10) })
        {
            Timeout = TimeSpan.FromSeconds(settings.TimeoutSeconds),
        };
        if (settings.ApiKeyFile is { } file)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ReadKey(file));
    }

    /// <summary>Posts to whichever address has the fewest requests under way.</summary>
    /// <exception cref="ServerRefusal">The server refuses the request.</exception>
    /// <exception cref="LabException">It stays away through every retry.</exception>
    public async Task<JsonElement> PostAsync(string path, object body, CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await SendAsync(null, path, body, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Posts to every address: what changes a server must reach all of it.</summary>
    public async Task<IReadOnlyList<JsonElement>> PostToAllAsync(string path, object body, CancellationToken cancellation) =>
        await Task.WhenAll(_addresses.Select(address => SendAsync(address, path, body, cancellation))).ConfigureAwait(false);

    /// <summary>Asks every address, in the order of the settings.</summary>
    public async Task<IReadOnlyList<JsonElement>> GetFromAllAsync(string path, CancellationToken cancellation) =>
        await Task.WhenAll(_addresses.Select(address => SendAsync(address, path, null, cancellation))).ConfigureAwait(false);

    private async Task<JsonElement> SendAsync(Address? only, string path, object? body, CancellationToken cancellation)
    {
        for (var (attempt, wait) = (0, s_firstWait); ; attempt++)
        {
            var address = only ?? _addresses.MinBy(candidate => candidate.UnderWay)!;
            var (reply, failure, patience) = await TryAsync(address, path, body, cancellation).ConfigureAwait(false);
            if (reply is { } answer)
                return answer;
            if (attempt >= _settings.Retries)
                throw new LabException($"{new Uri(address.Root, path)} did not answer in {attempt + 1} attempts: {failure}. Look at the server's log, or raise retries or timeout_seconds.", exitCode: 3);
            await Task.Delay(patience ?? wait, cancellation).ConfigureAwait(false);
            wait = wait * 2 < s_longestWait ? wait * 2 : s_longestWait;
        }
    }

    /// <returns>The answer; or why there is none, and how long the server asks to be left alone.</returns>
    private async Task<(JsonElement? Reply, string Failure, TimeSpan? Patience)> TryAsync(Address address, string path, object? body, CancellationToken cancellation)
    {
        Interlocked.Increment(ref address.UnderWay);
        try
        {
            using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, new Uri(address.Root, path)) { Content = body is null ? null : JsonContent.Create(body) };
            using var response = await _http.SendAsync(request, cancellation).ConfigureAwait(false);
            var text = await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return (Read(text, address, path), "", null);
            var answer = string.Create(CultureInfo.InvariantCulture, $"it answered {(int)response.StatusCode}: {Short(text)}");
            return IsPassing(response.StatusCode)
                ? (null, answer, response.Headers.RetryAfter?.Delta)
                : throw new ServerRefusal(response.StatusCode, $"{new Uri(address.Root, path)} refuses the request: {answer}");
        }
        catch (HttpRequestException e)
        {
            return (null, e.Message, null);
        }
        catch (IOException e)
        {
            return (null, e.Message, null);
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, $"no answer in {_settings.TimeoutSeconds} seconds", null);
        }
        finally
        {
            Interlocked.Decrement(ref address.UnderWay);
        }
    }

    private static JsonElement Read(string text, Address address, string path)
    {
        // Some servers answer an order with a plain sentence.
        if (text.Length == 0 || text[0] is not ('{' or '['))
            return JsonSerializer.SerializeToElement(text);
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new LabException($"{new Uri(address.Root, path)} answered with broken JSON ({e.Message}): {Short(text)}");
        }
    }

    private static bool IsPassing(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    private static string Short(string text) => text.Length <= 400 ? text.Trim() : text[..400].Trim() + "…";

    private static string ReadKey(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The server's key file {file} cannot be read: {e.Message}", inner: e);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _free.Dispose();
    }

    private sealed class Address(Uri root)
    {
        public int UnderWay;

        public Uri Root { get; } = root;
    }
}

/// <summary>An answer that trying again would not change.</summary>
internal sealed class ServerRefusal(HttpStatusCode status, string message) : LabException(message)
{
    public HttpStatusCode Status { get; } = status;
}
