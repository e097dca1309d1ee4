using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace SggLab.Cli.Site.Testing;

/// <summary>A test that failed, or a program that crashed or ran out of time: what is printed of it.</summary>
public sealed record TestFailure(string Program, string Test, string Message, string Where);

/// <summary>What one test program came to.</summary>
public sealed record TestTally(string Program, int Passed, int Skipped, IReadOnlyList<TestFailure> Failures, TimeSpan Took);

/// <summary>One xunit v3 program (the output of a test project), run with its events as JSON lines.</summary>
public sealed class TestProgram(string name, string file)
{
    private readonly ConcurrentDictionary<string, string> _running = new();
    private readonly ConcurrentQueue<TestFailure> _failures = new();
    private readonly Queue<string> _otherOutput = new();
    private int _passed, _skipped;
    private bool _finished;

    public string Name => name;
    public int Passed => _passed;
    public int Failed => _failures.Count;
    public IEnumerable<string> Running => _running.Values;

    /// <param name="failed">Told of each failure as it happens.</param>
    public async Task<TestTally> RunAsync(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, TimeSpan limit, Action<TestFailure> failed, CancellationToken cancel)
    {
        var began = Stopwatch.StartNew();
        var start = new ProcessStartInfo(SitePrograms.Dotnet, [file, "-reporter", "json", "-noColor", "-noLogo", "-noAutoReporters", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = LabHome.Repository,
        };
        foreach (var (variable, value) in environment)
            start.Environment[variable] = value;
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, e) => Read(e.Data, failed);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timer.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(timer.Token);
            if (!_finished)
                Fail(failed, RunningText(), $"the program ended with code {process.ExitCode} before it was done", OtherOutput());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancel.ThrowIfCancellationRequested();
            Fail(failed, RunningText(), $"no end after {limit.TotalMinutes:0} minutes; the program was killed", OtherOutput());
        }
        return new(name, _passed, _skipped, [.. _failures], began.Elapsed);
    }

    private void Read(string? line, Action<TestFailure> failed)
    {
        if (line is null || !line.StartsWith("{\"$type\"", StringComparison.Ordinal))
        {
            Keep(line);
            return;
        }
        using var document = JsonDocument.Parse(line);
        var message = document.RootElement;
        switch (message.GetProperty("$type").GetString())
        {
            case "test-starting":
                _running[Text(message, "TestUniqueID")] = Text(message, "TestDisplayName");
                break;
            case "test-passed":
                Interlocked.Increment(ref _passed);
                break;
            case "test-skipped" or "test-not-run":
                Interlocked.Increment(ref _skipped);
                break;
            case "test-failed":
                Fail(failed, _running.GetValueOrDefault(Text(message, "TestUniqueID"), "?"), Joined(message, "Messages"), Joined(message, "StackTraces"));
                break;
            case "test-finished":
                _running.TryRemove(Text(message, "TestUniqueID"), out _);
                break;
            case "test-assembly-finished":
                _finished = true;
                break;
            case "error-message" or "test-assembly-cleanup-failure" or "test-collection-cleanup-failure" or "test-class-cleanup-failure" or "test-method-cleanup-failure" or "test-case-cleanup-failure" or "test-cleanup-failure":
                Fail(failed, "clean-up", Joined(message, "Messages"), Joined(message, "StackTraces"));
                break;
        }
    }

    private void Fail(Action<TestFailure> failed, string test, string message, string where)
    {
        var failure = new TestFailure(name, test, message, where);
        _failures.Enqueue(failure);
        failed(failure);
    }

    private void Keep(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return;
        lock (_otherOutput)
        {
            _otherOutput.Enqueue(line);
            if (_otherOutput.Count > 30)
                _otherOutput.Dequeue();
        }
    }

    private string OtherOutput()
    {
        lock (_otherOutput)
            return string.Join('\n', _otherOutput);
    }

    private string RunningText() => _running.IsEmpty ? "(no test was running)" : string.Join(", ", _running.Values);

    private static string Text(JsonElement message, string property) => message.TryGetProperty(property, out var value) ? value.GetString() ?? "" : "";

    private static string Joined(JsonElement message, string property) =>
        message.TryGetProperty(property, out var values) && values.ValueKind == JsonValueKind.Array ? string.Join('\n', values.EnumerateArray().Select(v => v.GetString())) : "";
}
