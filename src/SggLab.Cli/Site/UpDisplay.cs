using System.Collections.Concurrent;
using Spectre.Console;

namespace SggLab.Cli.Site;

/// <summary>What `up` shows: lines while it starts and stops; in between, on a terminal, a summary drawn anew each second.</summary>
internal sealed class UpDisplay(LabHome home, bool live)
{
    private readonly ConcurrentQueue<string> _news = new();
    private volatile bool _drawing;

    public void Say(string line)
    {
        if (_drawing)
        {
            _news.Enqueue($"{DateTime.Now:HH:mm:ss} {line}");
            while (_news.Count > 5)
                _news.TryDequeue(out _);
        }
        else
            Console.Error.WriteLine(live ? line : $"{DateTime.Now:HH:mm:ss} {line}");
    }

    /// <summary>On a terminal the table; elsewhere a line whenever a run changes its state.</summary>
    public Task RunAsync(SiteFile site, CancellationToken stop) => live ? DrawAsync(site, stop) : TellAsync(stop);

    private async Task DrawAsync(SiteFile site, CancellationToken stop)
    {
        Say("Ctrl-C stops all of it; ./sgglab up goes on where it stopped");
        _news.Enqueue($"{site.Url} is ready");
        _drawing = true;
        try
        {
            await AnsiConsole.Live(new Text("")).AutoClear(false).StartAsync(async display =>
            {
                while (!stop.IsCancellationRequested)
                {
                    display.UpdateTarget(StatusTable.Of(await SiteReading.ReadAsync(home, stop), _news));
                    await Task.Delay(1000, stop);
                }
            });
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Ctrl-C: from here on lines again.
        }
        finally { _drawing = false; }
    }

    private async Task TellAsync(CancellationToken stop)
    {
        var told = new Dictionary<string, string>();
        try
        {
            for (; ; await Task.Delay(2000, stop))
                foreach (var run in (await SiteReading.ReadAsync(home, stop)).Site?.Runs ?? [])
                    if (told.GetValueOrDefault(run.Id) != run.State)
                    {
                        told[run.Id] = run.State;
                        Say($"{run.Name}: {run.State}{(run.Message is { } message ? $" ({message})" : "")}");
                    }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }
}
