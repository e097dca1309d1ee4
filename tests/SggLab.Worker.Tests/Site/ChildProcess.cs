using System.Collections.Concurrent;
using System.Diagnostics;

namespace SggLab.Worker.Tests.Site;

/// <summary>A program of this solution in a process of its own, with what it printed. Ends with the test, whatever happens to it.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, Process> s_running = [];
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = [];

    // A test run that is broken off takes its processes along.
    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var process in s_running.Values) process.Kill(entireProcessTree: true);
    };

    private ChildProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.Start();
        Id = _process.Id;
        s_running[Id] = _process;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id { get; }
    public bool HasExited => _process.HasExited;
    public string Output => string.Join('\n', _lines);

    /// <param name="project">Name of the project, whose output lies beside this one's.</param>
    /// <param name="fileLimitKilobytes">Writes past this size of a file fail, as they do on a full disk; null = no limit.</param>
    public static ChildProcess Start(string project, string assembly, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, int? fileLimitKilobytes = null)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name;
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", project, configuration, assembly + ".dll"));
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet");
        var start = new ProcessStartInfo(dotnet, [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (fileLimitKilobytes is { } kilobytes)
        {
            start = new ProcessStartInfo("bash", ["-c", $"trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" \"$@\"", dotnet, .. start.ArgumentList]) { RedirectStandardOutput = true, RedirectStandardError = true };
            // The runtime's own mappings would run into the limit.
            start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        }
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return new(start);
    }

    public void Kill() => Signal(9);
    public void Terminate() => Signal(15);
    public void Freeze() => Signal(19);
    public void Thaw() => Signal(18);

    public async Task<int> ExitCodeAsync(CancellationToken stop)
    {
        await _process.WaitForExitAsync(stop);
        return _process.ExitCode;
    }

    private void Signal(int number)
    {
        using var kill = Process.Start("kill", [$"-{number}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    private void Add(string? line)
    {
        if (line is not null) _lines.Enqueue(line);
    }

    public async ValueTask DisposeAsync()
    {
        if (!s_running.ContainsKey(Id)) return;
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        if (s_running.TryRemove(Id, out _)) _process.Dispose();
    }
}
