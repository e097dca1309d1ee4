using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace SggLab.Postgres;

/// <summary>What a finished helper program printed, and its exit code.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The last lines of standard error, or of standard output where that is empty: what a message quotes.</summary>
    public string LastLines(int count = 3) =>
        string.Join("\n", (Error.Trim().Length > 0 ? Error : Output).Trim().Split('\n').TakeLast(count));
}

/// <summary>Runs a helper program (docker, initdb, apt-get) to its end with closed standard input and a time limit.</summary>
public static class CommandRun
{
    /// <summary>Exit code 127: not found; 124: it ran past the limit and was killed.</summary>
    public static async Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, TimeSpan limit,
        IReadOnlyDictionary<string, string?>? environment = null, Action<string>? onLine = null, CancellationToken cancel = default)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;
        using var process = new Process { StartInfo = start };
        var output = new StringBuilder();
        var error = new StringBuilder();
        process.OutputDataReceived += (_, e) => Keep(output, e.Data, onLine);
        process.ErrorDataReceived += (_, e) => Keep(error, e.Data, onLine);
        try { process.Start(); }
        catch (Win32Exception e) { return new(127, "", e.Message); }
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timer.CancelAfter(limit);
        try { await process.WaitForExitAsync(timer.Token); }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancel.ThrowIfCancellationRequested();
            return new(124, Text(output), $"{Text(error)}\nno end after {limit.TotalSeconds:0} s".Trim());
        }
        return new(process.ExitCode, Text(output), Text(error));
    }

    private static void Keep(StringBuilder into, string? line, Action<string>? onLine)
    {
        if (line is null)
            return;
        lock (into)
            into.AppendLine(line);
        onLine?.Invoke(line);
    }

    private static string Text(StringBuilder from)
    {
        lock (from)
            return from.ToString();
    }
}
