using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using SggLab.PostgresFixture;
using SggLab.Tracking.Store;

namespace SggLab.Web.Tests.Api;

/// <summary>The real web process on a database of its own, as the supervisor starts it.</summary>
public sealed class SiteProcess : IAsyncLifetime
{
    private readonly int _port = FreePort();
    private readonly List<string> _log = [];
    private Process? _process;

    public string Home { get; } = Directory.CreateTempSubdirectory("sgglab-web-").FullName;
    public string Database { get; private set; } = "";
    public Uri Url => new($"http://127.0.0.1:{_port}/");

    public async ValueTask InitializeAsync()
    {
        Database = await PostgresServer.ConnectionStringForNewDatabaseAsync("web");
        await LabDatabase.MigrateAsync(Database);
        await LabDatabase.CreateFirstAdministratorAsync(Database, Home);
        await StartAsync();
    }

    public HttpClient Client(string? token) => new()
    {
        BaseAddress = new Uri(Url, "api/v1/"), Timeout = TimeSpan.FromSeconds(60),
        DefaultRequestHeaders = { Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token) },
    };

    /// <param name="file">admin-token or worker-token.</param>
    public HttpClient ClientOf(string file) => Client(File.ReadAllText(Path.Combine(Home, file)).Trim());

    public async Task StartAsync()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet" ? self : "dotnet", [Program()])
        {
            RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = Home,
            Environment = { ["SGGLAB_POSTGRES"] = Database, ["SGGLAB_HOME"] = Home, ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{_port}", ["ASPNETCORE_ENVIRONMENT"] = "Production" },
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Log;
        _process.ErrorDataReceived += Log;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var http = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(5) };
        for (var tries = 0; tries < 600; tries++)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"The web process ended with {_process.ExitCode}: {LogText()}");
            try
            {
                using var answer = await http.GetAsync(new Uri("health", UriKind.Relative));
                if (answer.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet.
            }
            await Task.Delay(100);
        }
        throw new TimeoutException($"The web process did not answer: {LogText()}");
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public string LogText()
    {
        lock (_log)
            return string.Join('\n', _log);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await KillAsync();
        _process?.Dispose();
        Directory.Delete(Home, recursive: true);
        await PostgresServer.DropDatabaseAsync(Database);
    }

    private void Log(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
            if (line.Data is { } text)
                _log.Add(text);
    }

    /// <summary>Beside this test program's own folder in the build output.</summary>
    private static string Program()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(own.Parent!.Parent!.FullName, "SggLab.Web", own.Name, "SggLab.Web.dll");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
