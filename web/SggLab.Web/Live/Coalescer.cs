namespace SggLab.Web.Live;

/// <summary>
/// Merges bursts of signals into calls that never overlap and start at least <paramref name="atMostEvery"/> apart. A slow call stretches the pause to
/// three times its own length, so that a page costs at most a quarter of a core however busy its run is.
/// </summary>
public sealed class Coalescer(TimeSpan atMostEvery, Func<Task> act, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _over = new();
    private bool _busy, _again;

    /// <summary>Something changed. Returns at once; safe from any thread, and a no-op after Dispose.</summary>
    public void Signal()
    {
        lock (_lock)
        {
            if (_over.IsCancellationRequested)
                return;
            _again = true;
            if (_busy)
                return;
            _busy = true;
        }
        _ = RunAsync();
    }

    private async Task RunAsync()
    {
        try
        {
            while (Next())
            {
                var began = time.GetTimestamp();
                await act();
                var took = time.GetElapsedTime(began);
                var pause = atMostEvery > took * 4 ? atMostEvery - took : took * 3;
                await Task.Delay(pause, time, _over.Token);
            }
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
            // The page is gone.
        }
    }

    private bool Next()
    {
        lock (_lock)
        {
            var go = _again && !_over.IsCancellationRequested;
            _again = false;
            _busy = go;
            return go;
        }
    }

    public void Dispose() => _over.Cancel();
}
