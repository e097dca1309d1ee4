using System.Diagnostics;
using System.Globalization;

namespace SggLab.Cli.Data;

/// <summary>One line on standard error that counts up, drawn at most four times a second and only on a terminal.</summary>
internal sealed class DataProgress(string what) : IDisposable
{
    private readonly bool _shown = !Console.IsErrorRedirected;
    private readonly Stopwatch _sinceDrawn = Stopwatch.StartNew();
    private int _width;

    public void Report(long done, long total)
    {
        if (!_shown || _sinceDrawn.ElapsedMilliseconds < 250) return;
        _sinceDrawn.Restart();
        Draw(total > 0 ? string.Create(CultureInfo.InvariantCulture, $"{what} {100.0 * done / total:F0}% ({done:N0} of {total:N0})") : string.Create(CultureInfo.InvariantCulture, $"{what} {done:N0}"));
    }

    public void Dispose()
    {
        if (_width > 0) Draw("");
        _width = 0;
    }

    private void Draw(string text)
    {
        Console.Error.Write("\r" + text.PadRight(_width) + (text.Length == 0 ? "\r" : ""));
        _width = text.Length;
    }
}
