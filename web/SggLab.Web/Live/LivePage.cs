using Microsoft.AspNetCore.Components;
using SggLab.Contracts;
using SggLab.Tracking.Access;
using SggLab.Tracking.Live;
using SggLab.Web.Access;

namespace SggLab.Web.Live;

/// <summary>
/// A page that shows stored state and keeps it true: it loads when its address changes and when something it shows changed. What it showed stays
/// while it loads again; a failure is shown with its remedy and healed by trying again.
/// </summary>
public abstract class LivePage : ComponentBase, IDisposable
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource _over = new();
    private readonly CancellationToken _gone;
    private CancellationTokenSource? _loading;
    private IDisposable? _live;
    private bool _tryingAgain;

    protected LivePage() => _gone = _over.Token;

    [Inject] public required Visitor Visitor { get; init; }
    [Inject] public required LivePages Live { get; init; }
    [Inject] public required TimeProvider Time { get; init; }
    [Inject] public required ILogger<LivePage> Logger { get; init; }

    protected Actor By { get; private set; } = null!;

    /// <summary>False until the first load is through: show placeholders.</summary>
    protected bool Loaded { get; private set; }

    /// <summary>What went wrong with the last load, for the person; null if nothing did.</summary>
    protected string? Problem { get; private set; }

    /// <summary>Reads what the page shows. Use the token in every query: a new address cancels the load of the old one.</summary>
    protected abstract Task LoadAsync(CancellationToken cancellation);

    /// <summary>Whether the change is about something on this page. Called on the feed's thread.</summary>
    protected abstract bool Concerns(LabChange change);

    protected override async Task OnInitializedAsync()
    {
        By = await Visitor.ActorAsync();
        _live = Live.Follow(By.Project, Concerns, () => InvokeAsync(ReloadAsync));
    }

    protected override Task OnParametersSetAsync() => ReloadAsync();

    /// <summary>Loads and renders now; on the page's dispatcher.</summary>
    protected async Task ReloadAsync()
    {
        if (_gone.IsCancellationRequested)
            return;
        _loading?.Cancel();
        using var loading = CancellationTokenSource.CreateLinkedTokenSource(_gone);
        _loading = loading;
        try
        {
            await LoadAsync(loading.Token);
            (Loaded, Problem) = (true, null);
        }
        catch (OperationCanceledException) when (loading.IsCancellationRequested)
        {
            return;
        }
        catch (LabException e)
        {
            Problem = e.Message;
        }
        catch (Exception e) when (!_gone.IsCancellationRequested)
        {
            Logger.LogWarning(e, "A page could not load");
            Problem = "The database did not answer. This page tries again by itself; if it stays so, run `./sgglab status` on the server.";
            _ = TryAgainAsync();
        }
        finally
        {
            if (_loading == loading)
                _loading = null;
        }
        if (!_gone.IsCancellationRequested)
            StateHasChanged();
    }

    private async Task TryAgainAsync()
    {
        if (_tryingAgain)
            return;
        _tryingAgain = true;
        try
        {
            await Task.Delay(TryAgainAfter, Time, _gone);
            _tryingAgain = false;
            await InvokeAsync(ReloadAsync);
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing || _gone.IsCancellationRequested)
            return;
        _live?.Dispose();
        _over.Cancel();
        _over.Dispose();
    }
}
