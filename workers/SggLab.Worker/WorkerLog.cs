using System.Globalization;
using System.Text;

namespace SggLab.Worker;

/// <summary>One line an event on standard output: time, level, message, then name=value pairs. Values are quoted where needed; no token ever comes here.</summary>
public sealed class WorkerLog(TextWriter output)
{
    private readonly Lock _lock = new();

    public void Info(string message, params ReadOnlySpan<(string Name, object? Value)> values) => Write("info", message, values);
    public void Warn(string message, params ReadOnlySpan<(string Name, object? Value)> values) => Write("warn", message, values);
    public void Error(string message, params ReadOnlySpan<(string Name, object? Value)> values) => Write("error", message, values);

    private void Write(string level, string message, ReadOnlySpan<(string Name, object? Value)> values)
    {
        var line = new StringBuilder();
        line.Append(DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)).Append(' ').Append(level).Append(' ').Append(Quoted(message));
        foreach (var (name, value) in values)
            if (value is not null) line.Append(' ').Append(name).Append('=').Append(Quoted(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
        try
        {
            lock (_lock) output.WriteLine(line);
        }
        catch (IOException)
        {
            // A log on a full disk must not end a run.
        }
    }

    private static string Quoted(string text)
    {
        if (text.Length > 0 && text.All(c => c is > ' ' and not ('"' or '=' or '\\') && !char.IsControl(c))) return text;
        return "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";
    }
}
