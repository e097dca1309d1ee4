using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SggLab.PostgresFixture;
using SggLab.Tracking.Store;

namespace SggLab.EndToEnd.Browser;

/// <summary>A whole lab for the tests of this assembly: a database of its own, the real web process and two real worker processes.</summary>
public sealed class LabSite : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("sgglab-browser-");
    private readonly List<Process> _workers = [];
    private readonly StringBuilder _log = new();
    private string _database = "";
    private Process? _web;

    public Uri Address { get; } = new($"http://127.0.0.1:{FreePort()}");

    public string AdminToken => File.ReadAllText(Path.Combine(_home.FullName, "admin-token")).Trim();

    public string Password => File.ReadAllText(Path.Combine(_home.FullName, "admin-password")).Trim();

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresServer.ConnectionStringForNewDatabaseAsync("browser");
        await LabDatabase.MigrateAsync(_database);
        await LabDatabase.CreateFirstAdministratorAsync(_database, _home.FullName);
        await StartWebAsync();
        // Two: one is kept by the sample's endless run, the other is free for what a test queues.
        foreach (var name in new[] { "worker-1", "worker-2" })
            _workers.Add(Start("SggLab.Worker", "--server", Address.ToString(), "--token-file", Path.Combine(_home.FullName, "worker-token"), "--state", Path.Combine(_home.FullName, name), "--threads", "1"));
    }

    public async Task StartWebAsync()
    {
        _web = Start("SggLab.Web");
        using var http = new HttpClient { BaseAddress = Address };
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience && !_web.HasExited; await Task.Delay(200))
        {
            try
            {
                if ((await http.GetAsync("/health")).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
        throw new InvalidOperationException($"The web process did not answer at {Address}. It wrote:\n{Log}");
    }

    /// <summary>As if the machine lost it: kill -9.</summary>
    public async Task KillWebAsync()
    {
        _web!.Kill();
        await _web.WaitForExitAsync();
    }

    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _workers.Append(_web).OfType<Process>().Where(process => !process.HasExited))
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        _home.Delete(recursive: true);
    }

    private Process Start(string program, params string[] arguments)
    {
        // artifacts/bin/SggLab.EndToEnd/debug -> artifacts/bin/PROGRAM/debug
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var path = Path.Combine(here.Parent!.Parent!.FullName, program, here.Name, program + ".dll");
        var start = new ProcessStartInfo("dotnet", [path, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _home.FullName,
        };
        start.Environment["SGGLAB_POSTGRES"] = _database;
        start.Environment["SGGLAB_HOME"] = _home.FullName;
        start.Environment["ASPNETCORE_URLS"] = Address.GetLeftPart(UriPartial.Authority);
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void Keep(string? line)
    {
        lock (_log)
            _log.AppendLine(line);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
