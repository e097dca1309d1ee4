using System.Diagnostics;

namespace SggLab.Cli.Science;

/// <summary>Counts lines on a terminal while the output goes to a file or a pipe; silent otherwise.</summary>
internal sealed class LineProgress(string what) : IDisposable
{
    private readonly bool _isShown = !Console.IsErrorRedirected && Console.IsOutputRedirected;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _next = TimeSpan.FromSeconds(0.5);
    private long _count;

    public void Tick()
    {
        _count++;
        if (!_isShown || _watch.Elapsed < _next) return;
        _next = _watch.Elapsed + TimeSpan.FromSeconds(0.25);
        Console.Error.Write($"\r{_count:N0} {what}, {_count / _watch.Elapsed.TotalSeconds:N0} a second ");
    }

    public void Dispose()
    {
        if (_isShown && _watch.Elapsed > TimeSpan.FromSeconds(0.5)) Console.Error.Write("\r\u001b[K");
    }
}
