using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using SggLab.Contracts;

namespace SggLab.Cli.Site.Testing;

/// <summary>Runs all test programs, two at a time, those that took longest last time first; tells how it goes and what failed.</summary>
public sealed class TestRun(IReadOnlyList<TestProgram> programs, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> arguments)
{
    /// <summary>Of one program, which then hangs. The whole suite has to stay under 12 minutes, but machines that others use too take twice as long at times.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromMinutes(18);

    private readonly ConcurrentQueue<TestTally> _done = new();
    private readonly ConcurrentDictionary<TestProgram, Stopwatch> _running = new();
    private readonly Lock _console = new();

    public async Task<IReadOnlyList<TestTally>> RunAsync(CancellationToken cancel)
    {
        var waiting = new ConcurrentQueue<TestProgram>(programs);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var progress = TellProgressAsync(over.Token);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            while (waiting.TryDequeue(out var program))
                await RunOneAsync(program, cancel);
        }));
        await over.CancelAsync();
        await progress;
        return [.. _done];
    }

    private async Task RunOneAsync(TestProgram program, CancellationToken cancel)
    {
        _running[program] = Stopwatch.StartNew();
        var tally = await program.RunAsync(arguments, environment, Limit, Show, cancel);
        _running.TryRemove(program, out _);
        _done.Enqueue(tally);
        if (tally.Passed + tally.Failures.Count > 0)
            Write(string.Create(CultureInfo.InvariantCulture, $"{(tally.Failures.Count == 0 ? "ok    " : "FAILED")} {tally.Program,-28} {tally.Passed} passed, {tally.Failures.Count} failed in {tally.Took.TotalSeconds:0} s"));
    }

    public static string Describe(TestFailure failure)
    {
        var own = failure.Where.Split('\n').Where(l => l.Contains(" in /", StringComparison.Ordinal) || !l.TrimStart().StartsWith("at ", StringComparison.Ordinal)).Take(12);
        return $"FAILED {failure.Test} ({failure.Program})\n  {failure.Message.Trim().Replace("\n", "\n  ", StringComparison.Ordinal)}\n  {string.Join("\n  ", own.Select(l => l.Trim()))}";
    }

    private void Show(TestFailure failure) => Write(Describe(failure));

    private async Task TellProgressAsync(CancellationToken over)
    {
        var live = !Console.IsErrorRedirected;
        try
        {
            for (var round = 1; ; round++)
            {
                await Task.Delay(1000, over);
                if (live || round % 20 == 0)
                    Note(live);
            }
        }
        catch (OperationCanceledException)
        {
            if (live)
                Console.Error.Write("\r\e[K");
        }
    }

    private void Note(bool live)
    {
        var passed = _done.Sum(t => t.Passed) + _running.Keys.Sum(p => p.Passed);
        var failed = _done.Sum(t => t.Failures.Count) + _running.Keys.Sum(p => p.Failed);
        var now = string.Join(", ", _running.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Key.Name.Replace("SggLab.", "", StringComparison.Ordinal)} ({r.Value.Elapsed.TotalSeconds:0} s)")));
        var line = $"{passed} passed, {failed} failed so far; running {now}";
        lock (_console)
            Console.Error.Write(live ? $"\r\e[K{(line.Length > 110 ? line[..110] : line)}" : line + "\n");
    }

    private void Write(string text)
    {
        lock (_console)
        {
            if (!Console.IsErrorRedirected)
                Console.Error.Write("\r\e[K");
            Console.WriteLine(text);
        }
    }

    /// <summary>The test programs of this build.</summary>
    /// <exception cref="LabException">One is missing.</exception>
    public static IReadOnlyList<TestProgram> Find(TestTimes times) =>
    [
        .. Directory.GetFiles(Path.Combine(LabHome.Repository, "tests"), "*.csproj", SearchOption.AllDirectories)
            .Select(f => Path.GetFileNameWithoutExtension(f))
            .Where(n => n.EndsWith(".Tests", StringComparison.Ordinal) || n.EndsWith(".EndToEnd", StringComparison.Ordinal))
            .OrderByDescending(times.Of).ThenBy(n => n, StringComparer.Ordinal)
            .Select(n => new TestProgram(n, SitePrograms.Find(n))),
    ];
}
